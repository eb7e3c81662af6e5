import { Agent, request, type IncomingMessage } from 'node:http';

/** What a curl command asks for. */
interface CurlRequest {
  readonly url: URL;
  /** The path and query as curl sends them: as they are written. */
  readonly target: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** `-i`: the answer's status line and headers, too. */
  readonly include: boolean;
}

/** What a `curl` command asked for, and what came. */
export interface CurlAnswer {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
  /** What curl prints, without newlines at its end. */
  readonly output: string;
}

/** Shell variables by name. */
export type Variables = Readonly<Record<string, string>>;

/**
 * Does what a `curl` command of the documents does, where there is no curl: same request, same output.
 *
 * @throws Error for a flag that it does not know, and for a variable that is not there
 */
export async function answerOfCurl(command: string, variables: Variables = {}): Promise<CurlAnswer> {
  const asked = parseCurl(command, variables);
  const agent = new Agent({ keepAlive: true });
  try {
    const answer = await send(asked, agent);
    const head = asked.include ? `${headOf(answer)}\n\n` : '';
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const output = `${head}${Buffer.concat(chunks).toString()}`.replace(/\n+$/, '');
    return { method: asked.method, target: asked.target, status: answer.statusCode ?? 0, output };
  } finally {
    agent.destroy();
  }
}

function send({ url, target, method, headers, body }: CurlRequest, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // curl sends a path's bytes as they are; Node wants them a byte a character.
    const path = Buffer.from(target).toString('latin1');
    const outgoing = request({ host: url.hostname, port: url.port, path, method, headers, agent }, resolve);
    outgoing.on('error', reject);
    // As bytes: Node would join text to the head and encode both alike.
    outgoing.end(body === undefined ? undefined : Buffer.from(body));
  });
}

function headOf(answer: IncomingMessage): string {
  const lines = [`HTTP/${answer.httpVersion} ${answer.statusCode} ${answer.statusMessage}`];
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
  return lines.join('\n');
}

function parseCurl(command: string, variables: Variables): CurlRequest {
  const [program, ...words] = shellWords(command, variables);
  if (program !== 'curl') throw new Error(`the documents' commands are curl's, this is ${program}`);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let address: string | undefined;
  let include = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-X') method = words.shift();
    else if (word === '-d') body = words.shift()!.replaceAll('\n', '');
    else if (word === '-i') include = true;
    else if (word === '-H') {
      const [name, value] = words.shift()!.split(/: */, 2);
      headers[name!] = value!;
    } else if (word === '-s') continue;
    else if (word.startsWith('-') || address !== undefined)
      throw new Error(`this curl does not know what ${word} means in: ${command}`);
    else address = word;
  }
  if (address === undefined) throw new Error(`there is no address in: ${command}`);
  if (body !== undefined) headers['Content-Type'] ??= 'application/x-www-form-urlencoded';
  const [, origin = '', target = ''] = /^(?:http:\/\/)?([^/]+)(.*)$/.exec(address) ?? [];
  return {
    url: new URL(`http://${origin}`),
    target: target === '' ? '/' : target,
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    body,
    include,
  };
}

/** A command's words, as a shell makes them of plain text, `'…'`, `"…"` with `$NAME` but without escapes, and backslashes before a line's end. */
function shellWords(command: string, variables: Variables): string[] {
  const words: string[] = [];
  const parts = /\s*((?:'[^']*'|"(?:[^"\\$`]|\$\w)*"|[^\s'"\\$`|&;<>*?])+)/y;
  const text = command.replaceAll(/\\\n/g, ' ');
  const expand = (quoted: string): string =>
    quoted.replace(/\$(\w+)/g, (_name, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`the variable ${name} is not set in: ${command}`);
      return value;
    });
  while (parts.lastIndex < text.trimEnd().length) {
    const at = parts.lastIndex;
    const [, word] = parts.exec(text) ?? [];
    if (word === undefined) throw new Error(`this shell cannot read: ${text.slice(at)}`);
    words.push(
      word.replace(/'([^']*)'|"([^"]*)"/g, (_quoted, single?: string, double = '') => single ?? expand(double)),
    );
  }
  return words;
}
