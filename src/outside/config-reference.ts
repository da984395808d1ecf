// Renders the configuration reference.
import { SETTING_KEYS, SETTINGS, type Setting, type SettingKey, variableOf } from './settings.ts'

const INTRODUCTION = `# Configuration

<!-- Generated from src/outside/settings.ts by \`npm run golden\`; change it there. -->

Every setting has a default: with an empty configuration, a server starts on this machine. The value of a setting comes from
these sources. A later source has priority:

1. the default,
2. a JSON file: the path in \`--config\`, otherwise the path in \`COUNTERSIGN_CONFIG\`, otherwise \`countersign.json\` in the
   working directory, if it exists. Example: \`{ "public_url": "https://id.example.com", "log_level": "warn" }\`,
3. the environment. Example: \`COUNTERSIGN_PUBLIC_URL=https://id.example.com\`. An empty variable is ignored. Separate the
   values of a list by commas.

Some settings have a second variable, which another product uses for the same value. It means the same.

If a setting is unknown or a value is not valid, the server does not start, and the message says what to do.
`

/** The page \`docs/configuration.md\`: every setting with its names, values and default, grouped. Ends with a line end. */
export function renderConfigurationReference(): string {
  const groups = Map.groupBy(SETTING_KEYS, (key) => SETTINGS[key].group)
  const sections = [...groups].map(([group, keys]) => `## ${group}\n\n${keys.map(renderSetting).join('\n')}`)
  return `${[INTRODUCTION, ...sections].join('\n')}`
}

function renderSetting(key: SettingKey): string {
  const { form, initial, unset, description, aliases = [], secret }: Setting = SETTINGS[key]
  const variables = [variableOf(key), ...aliases].map((name) => `\`${name}\``).join(' or ')
  return [
    `### ${key}`,
    '',
    `${description}${secret ? ' It is a secret.' : ''}`,
    '',
    `- Variable: ${variables}`,
    `- Value: ${form}`,
    `- Default: ${initial ? `\`${initial}\`` : (unset ?? 'none')}`,
    '',
  ].join('\n')
}
