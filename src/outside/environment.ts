/** The environment that the process was started with, for what is no setting of the server: NO_COLOR, the command line’s key. */
export const environment: Readonly<Record<string, string | undefined>> = process.env
