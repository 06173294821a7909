/**
 * The command line. Each command has a file of its own; they come together here, in one explicit list. This
 * folder is the only one that touches the process: arguments, terminal, signals, exit codes.
 */
import { Command, CommanderError } from 'commander';
import { cleanCommand } from './clean.ts';
import { configCommand } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { EXIT, explain } from './exit.ts';
import { exportCommand } from './export.ts';
import { fibCommand } from './fib.ts';
import { imageCommand } from './image.ts';
import { initCommand } from './init.ts';
import { surviveLostOutput } from './output.ts';
import { planCommand } from './plan.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { showCommand } from './show.ts';
import { validateCommand } from './validate.ts';
import { version } from './version.ts';

const program = new Command('shadowlab')
  .description(
    'Try a router configuration change on the network itself, in a shadow plane, before it is real.',
  )
  .version(version, '-V, --version')
  .showSuggestionAfterError()
  .showHelpAfterError('(shadowlab --help shows the commands)')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'shadowlab: ')) })
  .exitOverride();

for (const command of [
  runCommand(),
  validateCommand(),
  showCommand(),
  reportCommand(),
  fibCommand(),
  planCommand(),
  imageCommand(),
  exportCommand(),
  configCommand(),
  initCommand(),
  doctorCommand(),
  cleanCommand(),
]) {
  settle(command, command.name());
  program.addCommand(command);
}

surviveLostOutput();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.pass : EXIT.wrongInput;
  else process.exitCode = explain(error);
}

/** As the program's own, the commands of a command, too. */
function settle(command: Command, words: string): void {
  command
    .copyInheritedSettings(program)
    .showHelpAfterError(`(shadowlab ${words} --help shows how to use it)`);
  for (const inner of command.commands) settle(inner, `${words} ${inner.name()}`);
}
