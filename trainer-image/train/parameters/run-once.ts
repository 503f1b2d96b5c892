/** One run of a session over memory that is tied to it for this run alone. In: session, inputs, outputs. Out: they are written. */
import type { Bindable, Session } from '../../engine/engine.ts';

type Ties = readonly (readonly [name: string, memory: Bindable])[];

export async function runOnce(
  session: Session,
  { inputs, outputs }: { readonly inputs: Ties; readonly outputs: Ties },
): Promise<void> {
  const binding = session.bind(new Map(inputs), new Map(outputs));
  try {
    await binding.run();
  } finally {
    binding.dispose();
  }
}
