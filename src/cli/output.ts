/** Output that nobody takes any more. */
import { EXIT, isSystemError, systemError } from './exit.ts';

/**
 * What reads standard output may stop (`| head`), and the disk that it goes to may fill. A run goes on and
 * writes its results all the same; but lines that are lost for want of space turn success into an error.
 */
export function surviveLostOutput(): void {
  let told = false;
  process.stdout.on('error', (error) => {
    if (told || ('code' in error && error.code === 'EPIPE')) return;
    told = true;
    const reason = isSystemError(error) ? systemError(error) : error.message;
    console.error(`shadowlab: standard output cannot be written: ${reason}`);
    process.on('exit', (code) => {
      if (code === EXIT.pass) process.exitCode = EXIT.error;
    });
  });
  // Where not even errors can be told, the exit code still tells.
  process.stderr.on('error', () => {});
}
