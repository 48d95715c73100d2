"""The role that GitHub Actions deploys with: who may take it, what it may do, what bounds the Lambdas' roles."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from commands.github.boundary import boundary
from commands.github.names import Names
from commands.github.policy import document
from commands.github.rights import rights
from commands.github.stack_rights import functions, storage
from commands.github.subject import AUDIENCE, ISSUER, trust


@dataclass(frozen=True, kw_only=True)
class Role:
    """For one stage; `subject` is the only one that may take it.

    Its name and those of its policies are none that its own rights reach.
    """

    names: Names
    subject: str

    @property
    def name(self) -> str:
        return f"{self.names.stack}-ci"

    @property
    def arn(self) -> str:
        return self.names.iam(f"role/{self.name}")

    @property
    def description(self) -> str:
        return f"GitHub Actions deploys {self.names.stack} with it; cli setup-ci made it."

    @property
    def provider(self) -> str:
        """The ARN of GitHub's tokens in IAM: one for the whole account."""
        return self.names.iam(f"oidc-provider/{ISSUER}")

    @property
    def boundary_name(self) -> str:
        return f"{self.names.stack}-boundary"

    @property
    def boundary_arn(self) -> str:
        return self.names.iam(f"policy/{self.boundary_name}")

    def trust(self) -> Mapping[str, Any]:
        """Its trust policy."""
        return trust(self.provider, self.subject)

    def boundary(self) -> Mapping[str, Any]:
        """The permissions boundary of the Lambdas' roles."""
        return boundary(self.names)

    def policies(self) -> Mapping[str, Mapping[str, Any]]:
        """Its permissions, as managed policies by their names: one alone would be larger than IAM takes."""
        parts = {
            "deploy": rights(self.names, self.boundary_arn),
            "functions": functions(self.names),
            "storage": storage(self.names),
        }
        return {f"{self.name}-{part}": document(statements) for part, statements in parts.items()}

    def template(self) -> Mapping[str, Any]:
        """All of it as a CloudFormation template, for any account; the provider is made where it is wanted."""
        account = "${AWS::AccountId}"
        bucket = self.names.bucket.replace(self.names.account, account)
        role = replace(self, names=replace(self.names, account=account, bucket=bucket))
        policies = {
            "Boundary": (role.boundary_name, role.boundary()),
            **{f"Policy{number}": found for number, found in enumerate(role.policies().items(), start=1)},
        }
        resources: dict[str, Any] = {
            "Provider": {
                "Type": "AWS::IAM::OIDCProvider",
                "Condition": "ProviderWanted",
                "Properties": {"Url": f"https://{ISSUER}", "ClientIdList": [AUDIENCE]},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": role.name,
                    "Description": role.description,
                    "AssumeRolePolicyDocument": trust(
                        {"Fn::If": ["ProviderWanted", {"Ref": "Provider"}, role.provider]}, self.subject
                    ),
                    "ManagedPolicyArns": [{"Ref": name} for name in policies if name != "Boundary"],
                },
            },
        }
        for logical, (name, policy) in policies.items():
            properties = {"ManagedPolicyName": name, "PolicyDocument": policy}
            resources[logical] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
        found: Mapping[str, Any] = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": self.description,
            "Parameters": {
                "ProviderIs": {
                    "Type": "String",
                    "AllowedValues": ["wanted", "there"],
                    "Default": "wanted",
                    "Description": f"An account has one provider for {ISSUER}; is it there already?",
                }
            },
            "Conditions": {"ProviderWanted": {"Fn::Equals": [{"Ref": "ProviderIs"}, "wanted"]}},
            "Resources": _with_account(resources),
            "Outputs": {
                "AwsRoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
                "PermissionsBoundary": {"Value": {"Ref": "Boundary"}},
            },
        }
        return found


def _with_account(value: Any) -> Any:
    """The same, with the number of the account left to CloudFormation."""
    if isinstance(value, str):
        return {"Fn::Sub": value} if "${" in value else value
    if isinstance(value, list):
        return [_with_account(found) for found in value]
    if isinstance(value, dict):
        return {key: _with_account(found) for key, found in value.items()}
    return value
