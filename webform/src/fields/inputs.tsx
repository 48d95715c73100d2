/** The inputs: one line, several lines, a choice, yes or no. Each is tied to its description and to what is wrong. */
import type { BaseInputTemplateProps, WidgetProps } from "@rjsf/utils";
import { ariaDescribedByIds, getInputProps } from "@rjsf/utils";
import { OPTIONAL } from "../schema/dress";
import { domId } from "./ids";

/** What an input needs to be understood without eyes. */
export function described(props: { id: string; rawErrors?: string[] | undefined }) {
  const id = domId(props.id);
  const wrong = Boolean(props.rawErrors?.length);
  return { id, "aria-describedby": ariaDescribedByIds(id), ...(wrong ? { "aria-invalid": true as const } : {}) };
}

export function BaseInputTemplate(props: BaseInputTemplateProps) {
  const { value, onChange, onChangeOverride, onBlur, options, schema, type, disabled, readonly, placeholder } = props;
  const { type: kind, ...limits } = getInputProps(schema, type, options);
  const isNumber = schema.type === "number" || schema.type === "integer";
  const units = options.units as string | undefined;
  // A number is typed into a text field: of `5,1` a number field would keep nothing, and there would be nothing to explain.
  const sort: any = isNumber ? { type: "text", inputMode: "decimal" } : { ...limits, type: kind };
  const input = (
    <input
      {...described(props)}
      {...sort}
      value={value ?? ""}
      disabled={disabled}
      readOnly={readonly}
      placeholder={placeholder}
      autocomplete="off"
      onInput={(event) => {
        if (onChangeOverride) onChangeOverride(event);
        else onChange(event.currentTarget.value === "" ? options.emptyValue : event.currentTarget.value);
      }}
      onBlur={(event) => onBlur(props.id, event.currentTarget.value)}
    />
  );
  return units ? (
    <span class="with-units">
      {input}
      <span class="units">{units}</span>
    </span>
  ) : (
    input
  );
}

export function TextareaWidget(props: WidgetProps) {
  const { value, onChange, onBlur, options, disabled, readonly, placeholder } = props;
  return (
    <textarea
      {...described(props)}
      rows={6}
      value={value ?? ""}
      disabled={disabled}
      readOnly={readonly}
      placeholder={placeholder}
      onInput={(event) => onChange(event.currentTarget.value === "" ? options.emptyValue : event.currentTarget.value)}
      onBlur={(event) => onBlur(props.id, event.currentTarget.value)}
    />
  );
}

export function SelectWidget(props: WidgetProps) {
  const { value, onChange, onBlur, options, disabled, schema, label } = props;
  const ofKinds = /__(any|one)of_select$/.test(props.id); // which of a union's kinds it is: no label is drawn for that
  const choices = options.enumOptions ?? (schema.type === "boolean" ? YES_OR_NO : []);
  const chosen = choices.findIndex((choice) => choice.value === value);
  return (
    <select
      {...described(props)}
      {...(ofKinds ? { "aria-label": `${label}: which kind` } : {})}
      value={chosen < 0 ? "" : String(chosen)}
      disabled={disabled}
      onChange={(event) => onChange(choices[Number(event.currentTarget.value || Number.NaN)]?.value)}
      onBlur={() => onBlur(props.id, value)}
    >
      <option value="">{schema.default === undefined && !(schema as any)[OPTIONAL] ? "Choose …" : "—"}</option>
      {choices.map((choice, place) => (
        <option key={choice.label} value={String(place)}>
          {schema.type === "boolean" ? (choice.value ? "Yes" : "No") : choice.label}
        </option>
      ))}
    </select>
  );
}

const YES_OR_NO = [
  { value: true, label: "Yes" },
  { value: false, label: "No" },
];

export function CheckboxWidget(props: WidgetProps) {
  const { value, onChange, onBlur, disabled, label } = props;
  return (
    <label class="checkbox">
      <input
        {...described(props)}
        type="checkbox"
        checked={Boolean(value)}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
        onBlur={() => onBlur(props.id, value)}
      />
      <span>{label}</span>
    </label>
  );
}

export function CheckboxesWidget(props: WidgetProps) {
  const { value, onChange, options, disabled, label, schema } = props;
  const named = (schema.items as { enum?: unknown[] } | undefined)?.enum ?? [];
  const choices = options.enumOptions ?? named.map((choice) => ({ value: choice, label: String(choice) }));
  const chosen: unknown[] = Array.isArray(value) ? value : [];
  const { id, ...rest } = described(props);
  return (
    <div id={id} role="group" aria-label={label} {...rest} class="checkboxes">
      {choices.map((choice) => (
        <label class="checkbox" key={choice.label}>
          <input
            type="checkbox"
            checked={chosen.includes(choice.value)}
            disabled={disabled}
            onChange={(event) => {
              const ticked = (other: unknown) =>
                other === choice.value ? event.currentTarget.checked : chosen.includes(other);
              onChange(choices.map((other) => other.value).filter(ticked));
            }}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </div>
  );
}
