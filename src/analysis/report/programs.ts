/** What hosts' own programs came to: pings, iperf3, and commands with what they wrote. */
import { formatCount } from '../format.ts';
import { commandInWords, inOneLine, programLines } from '../program-summaries.ts';
import type { CommandSummary, Result } from '../result.ts';
import { type Html, html } from './escape.ts';

const ROWS = 200;
const OUTPUTS = 50;

/** A step, and what one program came to in it. */
export interface ProgramLine {
  readonly number: number;
  readonly name: string;
  readonly line: string;
}

export function programsOf(result: Result): readonly ProgramLine[] {
  return result.steps.flatMap((step) =>
    programLines(step).map((line) => ({ number: step.number, name: step.name, line })),
  );
}

export function programsSection(result: Result): Html | undefined {
  const lines = programsOf(result);
  if (lines.length === 0) return undefined;
  const commands = result.steps.flatMap(({ number, command }) =>
    command === undefined || command.stdout + command.stderr === '' ? [] : [{ number, command }],
  );
  return html`<section id="programs">
<h2>Hosts’ programs</h2>
<div class="card scroll" tabindex="0"><table><thead><tr><th scope="col">Step</th><th scope="col">What it came to</th></tr></thead>
<tbody>${lines
    .slice(0, ROWS)
    .map(
      ({ number, name, line }) =>
        html`<tr><th scope="row" class="name"><span class="number">${number}</span>${name}</th><td>${line}</td></tr>`,
    )}</tbody></table></div>
${lines.length > ROWS ? html`<p class="more">and ${formatCount(lines.length - ROWS)} more in result.json</p>` : undefined}
${commands.slice(0, OUTPUTS).map(outputOf)}
${commands.length > OUTPUTS ? html`<p class="more">and the outputs of ${formatCount(commands.length - OUTPUTS)} more in result.json</p>` : undefined}
</section>`;
}

/** Open where the command failed. */
function outputOf({ number, command }: { readonly number: number; readonly command: CommandSummary }): Html {
  const { run, host, code, stdout, stderr, isTruncated } = command;
  const isOpen = code !== null && code !== 0;
  return html`<details class="card diff"${isOpen ? html` open` : undefined}>
<summary><span class="number">${number}</span><code>${inOneLine(run)}</code> <small>on ${host}, ${commandInWords(command)}</small></summary>
${stdout === '' ? undefined : html`<pre class="scroll" tabindex="0"><span>${stdout}</span></pre>`}
${stderr === '' ? undefined : html`<p><small>Error output</small></p><pre class="scroll" tabindex="0"><span>${stderr}</span></pre>`}
${isTruncated ? html`<p class="more">and more in events.jsonl</p>` : undefined}
</details>`;
}
