import { describe, expect, it } from '@jest/globals';
import { anyText, oneOf, ports, wholeNumber } from './parsers.js';
import { readSettings } from './read-settings.js';
import type { Program, SettingsOf } from './setting.js';

const PROGRAM = {
  name: 'toy',
  summary: 'A toy.',
  version: () => '1.2.3',
  sections: {
    http: {
      title: 'HTTP',
      settings: {
        ports: { variable: 'PORT', flag: 'port', description: 'Ports.', value: ports, default: '8000' },
      },
    },
    toy: {
      title: 'Toy',
      settings: {
        colour: {
          variable: 'COLOUR',
          flag: 'colour',
          description: 'Its colour.',
          value: oneOf(['red', 'blue']),
          default: 'red',
        },
        size: {
          variable: 'SIZE',
          description: 'Its size.',
          value: wholeNumber(1, 9),
          default: { compute: () => '5', words: 'what fits the box' },
        },
        key: {
          variable: 'KEY',
          flag: 'key',
          description: 'Opens it.',
          value: { ...anyText('8 characters'), parse: (text: string) => (text.length === 8 ? text : undefined) },
          secret: true,
        },
      },
    },
  },
} satisfies Program;

/** The settings that were read, where that must have gone well. */
function settings(env: Record<string, string | undefined>, ...argv: string[]): SettingsOf<typeof PROGRAM> {
  const result = readSettings(PROGRAM, { env, argv });
  if (result.kind !== 'settings') throw new Error(`not read: ${result.text}`);
  return result.settings;
}

/** The lines about what does not fit. */
function complaints(env: Record<string, string | undefined>, ...argv: string[]): string[] {
  const result = readSettings(PROGRAM, { env, argv });
  if (result.kind !== 'invalid') throw new Error(`not refused: ${JSON.stringify(result)}`);
  expect(result.text.endsWith('\n')).toBe(true);
  return result.text.slice(0, -1).split('\n');
}

const PORTS_ALLOWED =
  'allowed is a port number from 0 to 65535 (0 is any free port), or several different ones separated by commas';

describe('what settings are read from', () => {
  it('takes the defaults when nothing is given', () => {
    expect(settings({})).toEqual({
      http: { ports: [8000] },
      toy: { colour: 'red', size: 5, key: undefined },
    });
  });

  it('takes variables', () => {
    expect(settings({ PORT: '1,2', COLOUR: 'blue', SIZE: '9', KEY: 'sesame!!' })).toEqual({
      http: { ports: [1, 2] },
      toy: { colour: 'blue', size: 9, key: 'sesame!!' },
    });
  });

  it('counts a variable set to nothing as unset', () => {
    expect(settings({ PORT: '', COLOUR: '', SIZE: '', KEY: '' })).toEqual(settings({}));
  });

  it('lets a flag win over its variable, which is then not looked at', () => {
    expect(settings({ PORT: '1' }, '--port', '2').http.ports).toEqual([2]);
    expect(settings({ PORT: 'bad' }, '--port=2').http.ports).toEqual([2]);
  });

  it('takes a value behind the flag and behind an equals sign', () => {
    expect(settings({}, '--port', '1', '--colour=blue')).toMatchObject({
      http: { ports: [1] },
      toy: { colour: 'blue' },
    });
  });

  it('takes the last of a repeated flag', () => {
    expect(settings({}, '--port', '1', '--port=2').http.ports).toEqual([2]);
  });

  it('takes a value that starts with a dash or holds an equals sign behind an equals sign', () => {
    expect(settings({}, '--key=-a=b=c-d').toy.key).toBe('-a=b=c-d');
  });

  it('takes a lone -- as the end of the flags', () => {
    expect(settings({}, '--port=1', '--').http.ports).toEqual([1]);
  });

  it('computes a default only when it is needed', () => {
    let computed = 0;
    const size = { ...PROGRAM.sections.toy.settings.size, default: { words: '', compute: () => String(++computed) } };
    const program = { ...PROGRAM, sections: { toy: { title: 'Toy', settings: { size } } } };
    readSettings(program, { env: { SIZE: '7' }, argv: [] });
    expect(computed).toBe(0);
    expect(readSettings(program, { env: {}, argv: [] })).toEqual({ kind: 'settings', settings: { toy: { size: 1 } } });
  });

  it('types each setting by its parser', () => {
    const { http, toy } = settings({});
    const typed: { ports: readonly number[]; colour: 'red' | 'blue'; size: number; key: string | undefined } = {
      ...http,
      ...toy,
    };
    expect(typed.colour).toBe('red');
  });

  it('freezes the settings all the way down', () => {
    const read = settings({});
    for (const part of [read, read.http, read.http.ports, read.toy]) expect(Object.isFrozen(part)).toBe(true);
  });
});

describe('what does not fit', () => {
  it('names the variable, the value and what is allowed', () => {
    expect(complaints({ PORT: '80a0' })).toEqual([`PORT is "80a0": ${PORTS_ALLOWED}`]);
  });

  it('names the flag when the value came by flag', () => {
    expect(complaints({ PORT: '1' }, '--port', '80a0')).toEqual([`--port is "80a0": ${PORTS_ALLOWED}`]);
  });

  it('is one line each, when there are several', () => {
    expect(complaints({ COLOUR: 'green', SIZE: '0' }, '--port=x', '--prot=1')).toEqual([
      '--prot is not a flag of toy: --help lists what can be set',
      `--port is "x": ${PORTS_ALLOWED}`,
      'COLOUR is "green": allowed is red or blue',
      'SIZE is "0": allowed is a whole number from 1 to 9',
    ]);
  });

  it('is printed on one line and in short, whatever the value', () => {
    expect(complaints({ COLOUR: 'a\nFORGED is "line"\u001b[2J' })).toEqual([
      String.raw`COLOUR is "a\nFORGED is \"line\"\u001b[2J": allowed is red or blue`,
    ]);
    expect(complaints({ COLOUR: 'x'.repeat(100_000) })[0]!.length).toBeLessThan(200);
  });

  it.each([
    [{ KEY: 'hunter2' }, [], 'KEY'],
    [{}, ['--key', 'hunter2'], '--key'],
  ])('is not printed when it is a secret', (env, argv, name) => {
    expect(complaints(env, ...argv)).toEqual([`${name} is set to a value that does not fit: allowed is 8 characters`]);
  });

  it('counts as a mistake of the program when it is a default', () => {
    const size = { ...PROGRAM.sections.toy.settings.size, default: '10' };
    const program = { ...PROGRAM, sections: { toy: { title: 'Toy', settings: { size } } } };
    expect(() => readSettings(program, { env: {}, argv: [] })).toThrow('SIZE has the default "10", which does not fit');
  });
});

describe('flags that are not understood', () => {
  it.each([
    [['--prot', '8000'], '--prot'],
    [['--prot=8000'], '--prot'],
    [['--no-port'], '--no-port'],
    [['--Port=1'], '--Port'],
    [['--size=1'], '--size'],
    [['--__proto__=1'], '--__proto__'],
    [['-p', '8000'], '-p'],
    [['-port'], '-port'],
    [['--a\u001b[2J'], String.raw`--a\u{1b}[2J`],
  ])('%j is named once, with a pointer to --help', (argv, flag) => {
    expect(complaints({}, ...argv)).toEqual([`${flag} is not a flag of toy: --help lists what can be set`]);
  });

  it('includes an argument that is no flag at all', () => {
    expect(complaints({}, 'start', 'now')).toEqual(['"start" is not a flag of toy: --help lists what can be set']);
    expect(complaints({}, '--', '--port')).toEqual(['"--port" is not a flag of toy: --help lists what can be set']);
  });

  it('never prints what stands behind an unknown flag, which may be a secret', () => {
    expect(complaints({}, '--kye', 'hunter2').join()).not.toContain('hunter2');
    expect(complaints({}, '--kye=hunter2').join()).not.toContain('hunter2');
  });

  it.each([[['--port']], [['--port=']], [['--port', '']], [['--port', '--colour=red']], [['--port', '-1']]])(
    '%j lacks its value',
    (argv) => {
      expect(complaints({ PORT: '1' }, ...argv)[0]).toBe(`--port needs a value: ${PORTS_ALLOWED}`);
    },
  );

  it('includes a value for --help', () => {
    expect(complaints({}, '--help=port')).toEqual(['--help takes no value']);
  });
});

describe('--help and --version', () => {
  function helpText(...argv: string[]): string {
    const result = readSettings(PROGRAM, { env: { PORT: 'bad' }, argv });
    if (result.kind !== 'help') throw new Error(`no help: ${result.kind}`);
    return result.text;
  }

  it('list every variable, flag, description, default and what is allowed, and no line is wider than a terminal', () => {
    const text = helpText('--help');
    const words = text.replaceAll(/\s+/g, ' ');
    for (const section of Object.values(PROGRAM.sections)) expect(text).toContain(`${section.title}:\n`);
    for (const part of [
      'PORT, --port <value> Ports. Allowed: a port number',
      'separated by commas Default: 8000',
      'COLOUR, --colour <value> Its colour. Allowed: red or blue Default: red',
      'SIZE Its size. Allowed: a whole number from 1 to 9 Default: what fits the box',
      'KEY, --key <value> Opens it. Allowed: 8 characters Default: none',
      '-h, --help',
      '--version',
    ]) {
      expect(words).toContain(part);
    }
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).not.toMatch(/ \n/);
  });

  it('is answered whatever else is wrong', () => {
    expect(helpText('--prot', '--port=', '-h')).toBe(helpText('--help'));
    expect(helpText('--version', '--help')).toBe(helpText('--help'));
  });

  it('prints the version alone', () => {
    const source = { env: { PORT: 'bad' }, argv: ['--version'] };
    expect(readSettings(PROGRAM, source)).toEqual({ kind: 'version', text: '1.2.3\n' });
  });
});
