// The names of the presets for well-known identity providers.

/** Each has a row in {@link PRESETS} (`presets.ts`). */
export const PRESET_NAMES = [
  'google',
  'apple',
  'microsoft',
  'github',
  'gitlab',
  'discord',
  'slack',
  'linkedin',
] as const
export type PresetName = (typeof PRESET_NAMES)[number]
