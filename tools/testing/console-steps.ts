/** A command of a document, and what it is said to print. */
export interface ConsoleStep {
  /** As a shell gets it: several lines when the document has it on several. */
  readonly command: string;
  /** Without newlines at its end. */
  readonly answer: string;
  /** The command's line in the document, from 1. */
  readonly line: number;
}

const PROMPT = '$ ';

/** The steps of all ```console blocks of a Markdown text, in order. */
export function consoleSteps(markdown: string): ConsoleStep[] {
  const steps: { command: string; answer: string; line: number }[] = [];
  let inBlock = false;
  for (const [index, text] of markdown.split('\n').entries()) {
    const step = steps.at(-1);
    if (text.startsWith('```')) inBlock = text === '```console';
    else if (!inBlock) continue;
    else if (text.startsWith(PROMPT)) steps.push({ command: text.slice(PROMPT.length), answer: '', line: index + 1 });
    else if (step === undefined) throw new Error(`line ${index + 1} is the answer to no command`);
    else if (goesOn(step.command)) step.command += `\n${text}`;
    else step.answer += `${text}\n`;
  }
  return steps.map((step) => ({ ...step, answer: step.answer.replace(/\n+$/, '') }));
}

/** Whether the next line still belongs to the command: after a backslash, or inside single quotes. */
function goesOn(command: string): boolean {
  return command.endsWith('\\') || (command.split("'").length - 1) % 2 === 1;
}
