/** How the text of a variable or a flag becomes a value. */
export interface ValueParser<T> {
  /** What fits, in words that complete "allowed is …". */
  readonly allowed: string;
  /** The value, or `undefined` when the text does not fit. The text is never empty. */
  readonly parse: (text: string) => T | undefined;
}

/** A default that depends on the machine or the process. */
export interface ComputedDefault {
  /** The default's text, as a user could have given it. Called only when the setting is not given. */
  readonly compute: () => string;
  /** The default in words, for `--help` and the documentation. */
  readonly words: string;
}

/** One setting: what its value, its check, its error line, its place in `--help` and in the documentation follow from. */
export interface Setting<T> {
  /** The environment variable, as in `DATA_DIR`. */
  readonly variable: string;
  /** The flag without its dashes, as in `data-dir`; settings without one come from the environment alone. */
  readonly flag?: string;
  /** What the setting is for: one sentence, with its unit. */
  readonly description: string;
  /** What fits, and what it means. */
  readonly value: ValueParser<T>;
  /** As a user would give it; it goes through the same parser. Without one the setting is `undefined` unless given. */
  readonly default?: string | ComputedDefault;
  /** The value is never printed: keys, tokens, addresses that hold a password. */
  readonly secret?: boolean;
}

/** Settings of one concern: a heading in `--help`, a member of the object that {@link SettingsOf} describes. */
export interface Section {
  /** The heading. */
  readonly title: string;
  /** By the name that code uses. */
  readonly settings: Readonly<Record<string, Setting<unknown>>>;
}

/** A program and everything that can be set about it. */
export interface Program {
  /** The name in messages, as in `kv-service`. */
  readonly name: string;
  /** What the program is, in one sentence. */
  readonly summary: string;
  /** What `--version` prints. */
  readonly version: () => string;
  /** By the name that code uses. */
  readonly sections: Readonly<Record<string, Section>>;
}

/** The value of a declared setting; `undefined` is possible only where no default is declared. */
type ValueOf<S> =
  S extends Setting<infer T> ? (S extends { readonly default: string | ComputedDefault } ? T : T | undefined) : never;

/** The object that a program's settings are read into: one member a section, one member a setting in each. */
export type SettingsOf<P extends Program> = {
  readonly [S in keyof P['sections']]: {
    readonly [N in keyof P['sections'][S]['settings']]: ValueOf<P['sections'][S]['settings'][N]>;
  };
};

/** All settings of a program in the order of their declaration. */
export function settingsOf(program: Program): Setting<unknown>[] {
  return Object.values(program.sections).flatMap((section) => Object.values(section.settings));
}

/** The default in words: its text, what it is computed from, or `none`. */
export function defaultInWords({ default: fallback }: Setting<unknown>): string {
  return typeof fallback === 'string' ? fallback : (fallback?.words ?? 'none');
}
