/** The environment of the process, for variables that are not server settings, such as NO_COLOR or the key of the command line. */
export const environment: Readonly<Record<string, string | undefined>> = process.env
