/** One record: the form, what is wrong with it, and the way to its prediction. */
import type { RJSFValidationError } from "@rjsf/utils";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { brief } from "../answer/value";
import { Problems } from "../fields/problems";
import { Form, templates, widgets } from "../fields/theme";
import { KeyField } from "../page/key";
import { toResult } from "../page/route";
import { useSite } from "../page/site";
import { TroubleNote } from "../page/trouble";
import type { Problem } from "../schema/check";
import { complained } from "../schema/complaints";
import { dress, incoming, outgoing } from "../schema/dress";
import { flatten } from "../schema/flatten";
import { placed, validator } from "../schema/validator";
import { Invalid, newKey, Refused, send, type Trouble } from "../service/predict";
import type { JsonRecord } from "../service/types";
import { draft } from "./draft";

export function Predict() {
  const { service, api, history } = useSite();
  const { schema, uiSchema } = useMemo(() => dress(flatten(service.schema), service.form), [service]);
  const [data, setData] = useState<JsonRecord>(() => draft.get(service.schema) ?? {});
  const [problems, setProblems] = useState<Problem[]>([]);
  const [refused, setRefused] = useState<Problem[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [sending, setSending] = useState<AbortController | null>(null);
  const [keyWanted, setKeyWanted] = useState(false);
  const [tries, setTries] = useState(0); // that failed: from the first on, what is typed is judged at once
  const key = useRef("");
  const extraErrors = useMemo(() => placed(refused), [refused]);

  useEffect(() => () => sending?.abort(), [sending]);
  const change = (values: JsonRecord) => {
    const same = (field: string | number = "") => JSON.stringify(data[field]) === JSON.stringify(values[field]);
    if (refused.length) setRefused(refused.filter(({ path }) => path.length && same(path[0]))); // the others are out of date
    setData(values);
    draft.set(service.schema, values);
    key.current = "";
  };

  const begin = (values: JsonRecord) => {
    change(values);
    setTries(0);
    setProblems([]);
    setRefused([]);
    setFailure(null);
  };

  const ask = async (values: JsonRecord) => {
    const record = outgoing(values, schema, service.schema);
    const controller = new AbortController();
    key.current ||= newKey(); // the same values sent again are the same prediction
    setProblems([]);
    setRefused([]);
    setFailure(null);
    setSending(controller);
    try {
      const id = await send(api, record, key.current, { signal: controller.signal, onTrouble: setTrouble });
      key.current = "";
      history.add({ ids: [id], at: new Date().toISOString(), asked: brief(record), record });
      location.hash = toResult([id]);
    } catch (error) {
      if (controller.signal.aborted) return;
      if (error instanceof Invalid) {
        key.current = "";
        setRefused(complained(error.complaints, schema));
        setTries((before) => before + 1);
      } else {
        setKeyWanted(error instanceof Refused && error.status === 401);
        setFailure((error as Error).message);
      }
    } finally {
      setTrouble(null);
      setSending(null);
    }
  };

  return (
    <>
      <h1>{service.title}</h1>
      <Problems problems={[...problems, ...refused]} schema={schema} tries={tries} />
      <p class="actions">
        <button type="button" class="quiet" onClick={() => begin(incoming(service.example))}>
          Fill in the example
        </button>
        <button type="button" class="quiet" onClick={() => begin({})}>
          Clear
        </button>
      </p>
      <Form
        schema={schema}
        uiSchema={uiSchema}
        validator={validator}
        formData={data}
        templates={templates}
        widgets={widgets}
        extraErrors={extraErrors}
        noHtml5Validate
        showErrorList={false}
        liveValidate={tries ? "onChange" : false} // on blur, the button would move from under the click
        disabled={sending !== null}
        onChange={({ formData, errors }) => {
          change(formData ?? {});
          if (tries) setProblems(problemsOf(errors));
        }}
        onSubmit={({ formData }) => void ask(formData ?? {})}
        onError={(errors) => {
          setTries(tries + 1);
          setProblems(problemsOf(errors));
        }}
      >
        <KeyField wanted={keyWanted} />
        <p class="actions">
          <button type="submit" disabled={sending !== null}>
            {sending ? "Sending …" : "Predict"}
          </button>
          {sending && (
            <button type="button" class="quiet" onClick={() => sending.abort()}>
              Stop
            </button>
          )}
        </p>
      </Form>
      <TroubleNote trouble={trouble} />
      {failure && (
        <p class="failure" role="alert">
          {failure}
        </p>
      )}
    </>
  );
}

/** Our own problems, as the form hands them back; the service's are kept apart. */
function problemsOf(errors: RJSFValidationError[]): Problem[] {
  return errors.flatMap(({ params, name, message }) =>
    params?.path ? [{ path: params.path, keyword: name ?? "", message: message ?? "" }] : [],
  );
}
