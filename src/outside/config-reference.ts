import { SETTING_KEYS, SETTINGS, type Setting, type SettingKey, variableOf } from './settings.ts'

const INTRODUCTION = `# Configuration

<!-- Generated from src/outside/settings.ts by \`npm run golden\`; change it there. -->

Every setting has a default: an empty configuration starts a server on this machine. A setting is taken from, the
later over the earlier,

1. its default,
2. a JSON file: \`--config path\`, else the path in \`COUNTERSIGN_CONFIG\`, else \`countersign.json\` in the working directory
   where there is one: \`{ "public_url": "https://id.example.com", "log_level": "warn" }\`,
3. the environment: \`COUNTERSIGN_PUBLIC_URL=https://id.example.com\`. An empty variable counts as not set; a list is
   written with commas.

The server does not start with a setting it does not know or a value it cannot use; it says which, and what to do.
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
