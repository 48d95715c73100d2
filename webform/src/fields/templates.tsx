/** How a field stands in the form: label, what it is about, the input, what is wrong with it, what it takes. */
import type {
  ArrayFieldItemTemplateProps,
  ArrayFieldTemplateProps,
  FieldTemplateProps,
  MultiSchemaFieldTemplateProps,
  ObjectFieldTemplateProps,
} from "@rjsf/utils";
import type { ComponentChildren } from "preact";
import { Inline } from "../page/text";
import { OPTIONAL } from "../schema/dress";
import { domId } from "./ids";

/** Fields that are a group of inputs, which a legend names and no label can. */
function isGroup({ schema, uiSchema }: FieldTemplateProps): boolean {
  if (schema.type === "object" || schema.anyOf || schema.oneOf) return true;
  return schema.type === "array" && uiSchema?.["ui:widget"] === undefined;
}

export function FieldTemplate(props: FieldTemplateProps) {
  const { label, children, rawErrors, rawHelp, rawDescription, hidden, schema, displayLabel, uiSchema } = props;
  const id = domId(props.id);
  if (hidden) return <div hidden>{children}</div>;
  if (props.id === "root") return <>{children as ComponentChildren}</>;
  const checkbox = schema.type === "boolean" && !uiSchema?.["ui:widget"];
  const group = isGroup(props);
  return (
    <div class={`field${rawErrors?.length ? " wrong" : ""}`}>
      {!checkbox && !group && displayLabel !== false && (
        <label for={id}>
          {label?.replace(/-(\d+)$/, " $1")}
          {(schema as any)[OPTIONAL] && <span class="optional"> optional</span>}
        </label>
      )}
      {!checkbox && !group && rawDescription && (
        <p class="description" id={`${id}__description`}>
          <Inline text={rawDescription} />
        </p>
      )}
      {children as ComponentChildren}
      {checkbox && rawDescription && (
        <p class="description" id={`${id}__description`}>
          <Inline text={rawDescription} />
        </p>
      )}
      {rawErrors?.length ? (
        <ul class="errors" id={`${id}__error`}>
          {rawErrors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      ) : null}
      {typeof rawHelp === "string" && (
        <p class="help" id={`${id}__help`}>
          {rawHelp}
        </p>
      )}
    </div>
  );
}

export function ObjectFieldTemplate({
  title,
  description,
  properties,
  fieldPathId,
  schema,
  registry,
  ...rest
}: ObjectFieldTemplateProps) {
  const root = fieldPathId.$id === "root";
  const isLookedUp = (name: string) => Boolean((schema.properties?.[name] as any)?.feature_view);
  const asked = properties.filter(({ name }) => !isLookedUp(name));
  const lookedUp = properties.filter(({ name }) => isLookedUp(name));
  const { AddButton } = registry.templates.ButtonTemplates;
  const inside = (
    <>
      {asked.map(({ content }) => content as ComponentChildren)}
      {lookedUp.length > 0 && (
        <details class="looked-up">
          <summary>{lookedUp.length} more that the service looks up</summary>
          <p class="description">What you fill in here is used in place of what the service knows.</p>
          {lookedUp.map(({ content }) => content as ComponentChildren)}
        </details>
      )}
      {schema.additionalProperties && !root ? (
        <AddButton onClick={rest.onAddProperty} registry={registry} disabled={Boolean(rest.disabled)} />
      ) : null}
    </>
  );
  if (root) return <div class="fields">{inside}</div>;
  return (
    <Group id={fieldPathId.$id} title={title} description={description}>
      {inside}
    </Group>
  );
}

export function ArrayFieldTemplate(props: ArrayFieldTemplateProps) {
  const { title, schema, fieldPathId, items, canAdd, onAddClick, disabled, registry } = props;
  const { AddButton } = registry.templates.ButtonTemplates;
  return (
    <Group id={fieldPathId.$id} title={title} description={schema.description}>
      <div class="array-items">{items as ComponentChildren}</div>
      {canAdd && <AddButton onClick={onAddClick} registry={registry} disabled={Boolean(disabled)} />}
    </Group>
  );
}

export function ArrayFieldItemTemplate({ children, hasToolbar, buttonsProps, registry }: ArrayFieldItemTemplateProps) {
  const { ArrayFieldItemButtonsTemplate } = registry.templates;
  return (
    <div class="array-item">
      <div>{children as ComponentChildren}</div>
      {hasToolbar && (
        <div class="array-tools">
          <ArrayFieldItemButtonsTemplate {...buttonsProps} />
        </div>
      )}
    </div>
  );
}

/** A union: which of its kinds it is, then the field itself. */
export function MultiSchemaFieldTemplate({ schema, selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  return (
    <fieldset>
      <legend>{schema.title}</legend>
      {selector as ComponentChildren}
      {optionSchemaField as ComponentChildren}
    </fieldset>
  );
}

interface GroupProps {
  id: string;
  title: string;
  description: unknown;
  children: ComponentChildren;
}

function Group({ id, title, description, children }: GroupProps) {
  return (
    <fieldset id={domId(id)} tabIndex={-1}>
      <legend>{title}</legend>
      {typeof description === "string" && (
        <p class="description">
          <Inline text={description} />
        </p>
      )}
      {children}
    </fieldset>
  );
}
