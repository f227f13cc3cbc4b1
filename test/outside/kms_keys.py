"""Makes keys and callers at a key service, as its owner would, and prints their names as one line of JSON."""

import json
import sys

import boto3

endpoint, region = sys.argv[1:3]
common = {"endpoint_url": endpoint, "region_name": region}
kms = boto3.client("kms", **common)
iam = boto3.client("iam", **common)


def caller(name, actions):
    """A caller that may do nothing but these actions."""
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return {"id": made["AccessKeyId"], "secret": made["SecretAccessKey"]}


def key():
    return kms.create_key()["KeyMetadata"]["KeyId"]


names = {"first": key(), "second": key()}
callers = {
    "service": caller("service", ["kms:Encrypt", "kms:Decrypt"]),
    "wrapsOnly": caller("wraps-only", ["kms:Encrypt"]),
    "nobody": caller("nobody", ["s3:ListAllMyBuckets"]),
}
print(json.dumps({"keys": names, "callers": callers}))
