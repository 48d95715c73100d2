"""The backend on AWS: SQS, DynamoDB and S3. Only this package imports boto3, and only `connect.py` makes clients."""
