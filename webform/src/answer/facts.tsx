/** What else is known of a prediction: which model, when, and until when it can be read. */
import type { Prediction } from "../service/types";

const MOMENT: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "medium" };

export function Facts({ predictions, asked }: { predictions: Prediction[]; asked?: string | undefined }) {
  const first = predictions.find(({ accepted_at }) => accepted_at);
  if (!first) return null;
  const models = new Map(predictions.flatMap(({ model }) => (model ? [[model.tag, model]] : [])));
  const warning = predictions.find(({ model }) => model?.warning)?.model?.warning;
  const took = first.finished_at ? (Date.parse(first.finished_at) - Date.parse(first.accepted_at)) / 1000 : null;
  return (
    <>
      {warning && <p class="notice">{warning}</p>}
      <dl class="facts">
        {asked && <Fact name="Asked" text={asked} />}
        {models.size > 0 && (
          <div>
            <dt>Model</dt>
            <dd>
              {[...models.values()].map(({ tag, sha256 }) => (
                <code key={tag} title={`sha256 ${sha256}`}>
                  {tag}
                </code>
              ))}
            </dd>
          </div>
        )}
        <Fact name="Accepted" text={moment(first.accepted_at)} />
        {took !== null && (
          <Fact name="Answered after" text={took < 10 ? `${took.toFixed(2)} s` : `${Math.round(took)} s`} />
        )}
        <Fact name="Can be read until" text={moment(first.expires_at)} />
      </dl>
    </>
  );
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function moment(iso: string): string {
  return new Date(iso).toLocaleString("en", MOMENT);
}
