/** The look of react-jsonschema-form here: our templates, inputs and buttons in place of its own. */
import Form from "@rjsf/core/lib/components/Form.js";
import type { IconButtonProps, RegistryWidgetsType, TemplatesType, WidgetProps } from "@rjsf/utils";
import type { FunctionComponent } from "preact";
import { BaseInputTemplate, CheckboxesWidget, CheckboxWidget, SelectWidget, TextareaWidget } from "./inputs";
import {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  FieldTemplate,
  MultiSchemaFieldTemplate,
  ObjectFieldTemplate,
} from "./templates";
import { WordsWidget } from "./words";

function button(text: string, style = "quiet"): FunctionComponent<IconButtonProps> {
  return ({ onClick, disabled, id }) => (
    <button type="button" class={style} id={id} disabled={disabled} onClick={onClick as any}>
      {text}
    </button>
  );
}

export const templates: Partial<TemplatesType> = {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  BaseInputTemplate,
  FieldTemplate,
  MultiSchemaFieldTemplate,
  ObjectFieldTemplate,
  ErrorListTemplate: () => null, // the page lists them, with links
  ButtonTemplates: {
    AddButton: button("Add"),
    RemoveButton: button("Remove"),
    MoveUpButton: button("Up"),
    MoveDownButton: button("Down"),
    CopyButton: button("Copy"),
    ClearButton: button("Clear"),
    SubmitButton: () => null, // the page has its own
  },
} as any;

/** A moment is sent as it was typed, without a zone: that is how the model's data were written down. */
function MomentWidget(props: WidgetProps) {
  const shown = typeof props.value === "string" ? props.value.slice(0, "2026-01-31T12:00:00".length) : "";
  return <BaseInputTemplate {...(props as any)} type="datetime-local" value={shown} />;
}

export const widgets: RegistryWidgetsType = {
  CheckboxWidget,
  CheckboxesWidget,
  DateTimeWidget: MomentWidget,
  SelectWidget,
  TextareaWidget,
  words: WordsWidget,
} as any;

export { Form };
