import { execFileSync } from 'node:child_process';

/** Debian's own Python comes first: another one on the PATH does not see Debian's packages. */
const PROGRAMS = ['/usr/bin/python3', 'python3'];

/**
 * A Python that has the packages.
 *
 * @param needed without one of these there is none
 * @param wanted looked for, too
 * @returns the program and the versions of the packages it has, or undefined
 */
export function pythonWith(needed, wanted = []) {
  const script = `
import importlib.metadata, json
found = {}
for name in ${JSON.stringify([...needed, ...wanted])}:
    try: found[name] = importlib.metadata.version(name)
    except Exception: pass
print(json.dumps(found))`;
  for (const program of PROGRAMS) {
    try {
      const versions = JSON.parse(execFileSync(program, ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] }));
      if (needed.every((name) => name in versions)) return { program, versions };
    } catch {
      // Not there: the next one.
    }
  }
  return undefined;
}
