// Commander's complaints about a command line, in the three beats of every other error.

/** From `error: unknown option '--tuu'\n(Did you mean --tau?)` to what, where, what next. */
export function usageText(message: string, command: string): string {
  const [first = "", ...more] = message
    .replace(/^error: /, "")
    .trim()
    .split("\n");
  const invalid = /^option '(.+?)' argument '(.*)' is invalid\. (.*)$/.exec(first);
  const allowed = invalid && /^Allowed choices are (.*)\.$/.exec(invalid[3]!);
  const guess = /^\(Did you mean (.*)\?\)$/.exec(more.join(" "));
  const beats = invalid
    ? {
        what: `"${invalid[2]}" does not fit ${longName(invalid[1]!)}`,
        where: `${command}, ${invalid[1]}`,
        next: allowed ? `use one of: ${allowed[1]}` : lower(invalid[3]!),
      }
    : {
        what: upper(first).replace(/\.$/, ""),
        where: `the command line of ${command}`,
        next: guess ? `did you mean ${guess[1]}? ${helpFor(command)}` : hint(first, command),
      };
  return `error: ${beats.what}\n  where: ${beats.where}\n  next: ${beats.next}\n`;
}

function hint(message: string, command: string): string {
  if (message.startsWith("too many arguments")) return `name samples with --data; ${helpFor(command)}`;
  const missing = /^required option '(.+?)' not specified/.exec(message);
  return missing ? `add ${missing[1]!.replace(/^-\w, /, "")}; ${helpFor(command)}` : helpFor(command);
}

function helpFor(command: string): string {
  const verb = command.replace(/^mpplan ?/, "");
  return verb === "" ? "mpplan help lists the commands" : `mpplan help ${verb} lists its flags`;
}

/** `-d, --data <path>` -> `--data`. */
function longName(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");
}
