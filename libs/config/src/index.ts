export { settingsMarkdown, withSettings } from './markdown.js';
export { packageVersion } from './package-version.js';
export { anyText, host, MAX_TIMER_MS, oneOf, path, port, ports, wholeNumber, type OneOfOptions } from './parsers.js';
export { readSettings, type SettingsResult, type SettingsSource } from './read-settings.js';
export type { ComputedDefault, Program, Section, Setting, SettingsOf, ValueParser } from './setting.js';
