// The fonts that pages and mails can have without loading one: lists of fonts that systems have.

/** The list of fonts of each name. None is loaded: the first that a system has is shown. */
export const FONT_STACKS = {
  system: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
  humanist: 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", "Noto Sans", sans-serif',
  geometric: 'Avenir, Montserrat, Corbel, "URW Gothic", "Noto Sans", sans-serif',
  grotesque: '"Helvetica Neue", Helvetica, Arial, "Liberation Sans", "Noto Sans", sans-serif',
  rounded: 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Manjari, "Noto Sans", sans-serif',
  serif: 'Charter, "Bitstream Charter", "Sitka Text", Cambria, "Noto Serif", serif',
  slab: 'Rockwell, "Rockwell Nova", "Roboto Slab", "DejaVu Serif", "Noto Serif", serif',
  mono: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
} as const

export type FontStack = keyof typeof FONT_STACKS
export const FONT_STACK_NAMES = Object.keys(FONT_STACKS) as [FontStack, ...FontStack[]]
