/**
 * Sets variables of this process's environment, or takes them out where the value is undefined; the answer puts back what was there.
 * A test must not put another object in the place of `process.env`: what Node itself looks up, such as TMPDIR, is in the first.
 */
export function setEnvironment(values: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(values)) setVariable(name, value);
  return () => {
    for (const [name, value] of before) setVariable(name, value);
  };
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
