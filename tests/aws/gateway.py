"""What AWS's gateway does and the emulator's does not, for want of a spelling."""

import json

from tests.aws.emulator import Emulator


def let_pages_call(emulator: Emulator, stack: str) -> str:
    """The endpoint of a deployed stack, whose gateway lets those pages call that the stack's template names.

    CloudFormation's CORS settings reach the emulator's gateway in capitals, which it does not read.
    """
    cloudformation, gateway = emulator.client("cloudformation"), emulator.client("apigatewayv2")
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    template = cloudformation.get_template(StackName=stack)["TemplateBody"]
    document = json.loads(template) if isinstance(template, str) else template
    endpoint = outputs["Endpoint"].rstrip("/")
    api = endpoint.removeprefix("https://").partition(".")[0]
    gateway.update_api(ApiId=api, CorsConfiguration=document["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"])
    return endpoint
