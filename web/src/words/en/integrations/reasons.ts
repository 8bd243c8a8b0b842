/** Why messages do not go out. */
export const reasons = {
  /** Beside a status of HTTP. */
  causes: {
    timeout: 'no answer in time',
    unreachable: 'not reachable',
    forbidden_address: 'the address lies in a private network',
    hung_up: 'the receiver hung up',
    unreadable: 'its answer could not be read',
    unwritable: 'the message could not be written',
    store: 'the server could not read its records',
    tls: 'its certificate is not trusted',
    refused_by_us: 'the message could not be made',
    other_lab: 'the receiver belongs to another lab now',
    not_configured: 'this way out is not set up',
    unwanted: 'not wanted any more',
    late: 'it was too late for it',
    quiet_hours: 'quiet hours',
    forgotten: 'what it was about is not kept any more',
    taken: 'taken',
    not_connected: 'NATS is away',
    no_stream: 'no stream takes that subject',
    wrong_stream: 'another stream takes that subject',
    weak_stream: 'the stream is not durable enough',
    too_large: 'larger than the stream takes',
    bus_refused: 'NATS refused it',
  } as Record<string, string>,
  status: (status: string) => `answered with status ${status}`,
};
