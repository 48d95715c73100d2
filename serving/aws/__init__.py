"""The backend on AWS: SQS, DynamoDB and S3. Only this package imports botocore, and only `connect.py` makes clients."""
