"""Asks Galley a question with programs that Galley did not write, and prints one JSON object.

Nothing generated from our contract is used: the messages are built from what the service says of itself by reflection.
Arguments: address, path of the authority's certificate, token, collaboration, SQL, epsilon.
"""

import json
import sys

import grpc
import pyarrow.ipc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

DEADLINE_SECONDS = 60


def read_messages(channel):
    """Learns the contract from the service itself."""
    database = ProtoReflectionDescriptorDatabase(channel)
    pool = descriptor_pool.DescriptorPool(database)

    def message(name):
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))

    return sorted(database.get_services()), message


def check_health(channel, service):
    """The state of a service by the standard health protocol, without a token, in the protocol's own bytes."""
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    name = service.encode()
    is_serving = check(b"\x0a" + bytes([len(name)]) + name, timeout=DEADLINE_SECONDS) == b"\x08\x01"
    return "SERVING" if is_serving else "NOT_SERVING"


def ask(channel, message, token, question):
    """Submits a question and reads its release as a stock Arrow reader does."""
    metadata = (("authorization", f"Bearer {token}"),)
    submit = channel.unary_unary(
        "/galley.v1.QueryService/SubmitQuery",
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=message("galley.v1.SubmitQueryResponse").FromString,
    )
    read = channel.unary_stream(
        "/galley.v1.QueryService/ReadRelease",
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=message("galley.v1.ReadReleaseResponse").FromString,
    )
    request = message("galley.v1.SubmitQueryRequest")(question=question)
    query = submit(request, metadata=metadata, timeout=DEADLINE_SECONDS).query
    pieces = read(
        message("galley.v1.ReadReleaseRequest")(query_id=query.query_id), metadata=metadata, timeout=DEADLINE_SECONDS
    )
    stream = b"".join(piece.arrow_ipc for piece in pieces)
    table = pyarrow.ipc.open_stream(stream).read_all()
    types = {field.name: str(field.type) for field in table.schema}
    return query, types, table.to_pylist()


def refusal_of(call):
    """The status of a call that must fail."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name
    return "ANSWERED"


def main(address, ca_path, token, collaboration_id, sql, epsilon):
    with open(ca_path, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    with grpc.secure_channel(address, credentials) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=5)
        except grpc.FutureTimeoutError:
            print(json.dumps({"connected": False}))
            return
        services, message = read_messages(channel)
        question = message("galley.v1.Question")(
            collaboration_id=collaboration_id, sql=sql, epsilon=float(epsilon)
        )
        query, types, rows = ask(channel, message, token, question)
        told = {
            "connected": True,
            "services": services,
            "health": check_health(channel, "galley.v1.QueryService"),
            "query": query.query_id,
            "charged": query.charged.rho,
            "types": types,
            "rows": rows,
            "withoutToken": refusal_of(lambda: ask(channel, message, "none", question)),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
