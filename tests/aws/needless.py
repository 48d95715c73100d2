"""What CloudFormation's registry lists for a type and our template does not need: by the property that it is for.

What begins with a small letter is a reason of another kind. tests/aws/test_stack_rights.py checks that none of these
properties is set, and that the registry still lists each permission.
"""

NEEDLESS: dict[str, dict[str, str]] = {
    "AWS::ApiGatewayV2::Api": {"BodyS3Location": "s3:getObject"},
    "AWS::ApiGatewayV2::Integration": {"CredentialsArn": "iam:PassRole"},
    "AWS::ApiGatewayV2::Stage": {
        "no actions of IAM: a tag is a POST to /tags, as others are": "apigateway:TagResource apigateway:UntagResource"
    },
    "AWS::DynamoDB::Table": {
        "global tables copy rows, ours are of one region": "dynamodb:CreateTableReplica dynamodb:AssociateTableReplica "
        "dynamodb:Scan dynamodb:Query dynamodb:UpdateItem dynamodb:PutItem dynamodb:GetItem dynamodb:DeleteItem "
        "dynamodb:BatchWriteItem iam:CreateServiceLinkedRole",
        "ImportSourceSpecification": "dynamodb:ImportTable dynamodb:DescribeImport logs:CreateLogGroup "
        "logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams logs:PutLogEvents "
        "logs:PutRetentionPolicy s3:GetObject s3:GetObjectMetadata s3:ListBucket",
        "ContributorInsightsSpecification": "dynamodb:UpdateContributorInsights",
        "KinesisStreamSpecification": "dynamodb:EnableKinesisStreamingDestination "
        "dynamodb:DisableKinesisStreamingDestination dynamodb:UpdateKinesisStreamingDestination "
        "kinesis:DescribeStream kinesis:PutRecords",
        "ResourcePolicy": "dynamodb:PutResourcePolicy dynamodb:DeleteResourcePolicy",
        "SSESpecification": "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:ListAliases kms:Encrypt kms:RevokeGrant",
    },
    "AWS::IAM::Role": {
        "ManagedPolicyArns": "iam:AttachRolePolicy iam:DetachRolePolicy",
        "the boundary is never taken away: that is what it is for": "iam:DeleteRolePermissionsBoundary",
    },
    "AWS::Lambda::Function": {
        "ReservedConcurrentExecutions": "lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency",
        "VpcConfig": "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeNetworkInterfaces",
        "FileSystemConfigs": "elasticfilesystem:DescribeMountTargets s3files:ListMountTargets",
        "KmsKeyArn": "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey",
        "CodeSigningConfigArn": "lambda:GetCodeSigningConfig lambda:PutFunctionCodeSigningConfig "
        "lambda:DeleteFunctionCodeSigningConfig",
        "Layers": "lambda:GetLayerVersion",
        "RuntimeManagementConfig": "lambda:PutRuntimeManagementConfig lambda:AssociateRuntimeAlias",
        "FunctionScalingConfig": "lambda:PutFunctionScalingConfig",
        "CapacityProviderConfig": "lambda:PassCapacityProvider",
        "PublishToLatestPublished": "lambda:PublishVersion",
        "the bucket of packages has no versions": "s3:GetObjectVersion",
    },
    "AWS::Lambda::Version": {
        "ProvisionedConcurrencyConfig": "lambda:PutProvisionedConcurrencyConfig",
        "RuntimePolicy": "lambda:PutRuntimeManagementConfig",
        "FunctionScalingConfig": "lambda:PutFunctionScalingConfig",
    },
    "AWS::Lambda::Alias": {
        "ProvisionedConcurrencyConfig": "lambda:PutProvisionedConcurrencyConfig "
        "lambda:DeleteProvisionedConcurrencyConfig",
        "an alias moves at once: no deployment of CodeDeploy": "codedeploy:CreateDeployment codedeploy:GetDeployment "
        "codedeploy:GetDeploymentGroup codedeploy:GetDeploymentConfig codedeploy:StopDeployment",
    },
    "AWS::Lambda::EventSourceMapping": {"KmsKeyArn": "kms:DescribeKey kms:GenerateDataKey kms:Decrypt"},
    "AWS::Logs::LogGroup": {
        "DataProtectionPolicy": "logs:PutDataProtectionPolicy logs:DeleteDataProtectionPolicy logs:CreateLogDelivery "
        "s3:REST.PUT.OBJECT firehose:TagDeliveryStream",
        "ResourcePolicyDocument": "logs:PutResourcePolicy logs:DeleteResourcePolicy",
        "FieldIndexPolicies": "logs:PutIndexPolicy logs:DeleteIndexPolicy",
        "KmsKeyId": "logs:AssociateKmsKey logs:DisassociateKmsKey",
        "DeletionProtectionEnabled": "logs:PutLogGroupDeletionProtection",
        "BearerTokenAuthenticationEnabled": "logs:PutBearerTokenAuthentication",
    },
    "AWS::S3::Bucket": {
        "AbacStatus": "s3:PutBucketAbac",
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "AccessControl": "s3:PutObjectAcl s3:PutBucketAcl s3:GetBucketAcl",
        "AnalyticsConfigurations": "s3:PutAnalyticsConfiguration s3:DeleteBucketAnalyticsConfiguration",
        "CorsConfiguration": "s3:PutBucketCORS s3:DeleteBucketCors",
        "IntelligentTieringConfigurations": "s3:PutIntelligentTieringConfiguration",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "MetadataConfiguration": "s3:CreateBucketMetadataTableConfiguration s3:DeleteBucketMetadataTableConfiguration "
        "s3:UpdateBucketMetadataJournalTableConfiguration s3:UpdateBucketMetadataInventoryTableConfiguration "
        "s3:UpdateBucketMetadataAnnotationTableConfiguration s3tables:CreateNamespace s3tables:CreateTable "
        "s3tables:CreateTableBucket s3tables:GetTable s3tables:PutTableBucketPolicy s3tables:PutTableEncryption "
        "s3tables:PutTablePolicy s3tables:GetTableMetadataLocation s3tables:UpdateTableMetadataLocation",
        "MetricsConfigurations": "s3:PutMetricsConfiguration s3:DeleteBucketMetricsConfiguration",
        "NotificationConfiguration": "s3:PutBucketNotification",
        "ObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration s3:PutObjectLockConfiguration",
        "ReplicationConfiguration": "s3:PutBucketReplication s3:PutReplicationConfiguration "
        "s3:DeleteBucketReplication iam:PassRole",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        "WebsiteConfiguration": "s3:PutBucketWebsite s3:DeleteBucketWebsite",
        "the template's buckets are always encrypted": "s3:DeleteBucketEncryption",
        "no action of IAM: PutLifecycleConfiguration is asked for": "s3:DeleteBucketLifecycle",
        "of objects: cli remove empties buckets, with rights of its own": "s3:DeleteObject",
    },
    "AWS::SNS::Topic": {
        "DataProtectionPolicy": "sns:PutDataProtectionPolicy",
        "DeliveryStatusLogging": "iam:GetRole iam:PassRole",
    },
}
