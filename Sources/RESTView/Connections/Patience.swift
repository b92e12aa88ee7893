/// How long a client may take for what it has to do; after that its connection is closed.
public struct Patience: Sendable, Equatable {
    /// From the connection to the end of the first request's header, and from one request's header to the end of its body.
    /// Default: 20 s.
    public var request: Duration
    /// Between an answer and the next request's header. Default: 75 s.
    public var idle: Duration
    /// Without taking anything of an answer that waits for it. Default: 60 s.
    public var reading: Duration

    /// Takes what is not the default.
    public init(
        request: Duration = .seconds(20),
        idle: Duration = .seconds(75),
        reading: Duration = .seconds(60)
    ) {
        self.request = request
        self.idle = idle
        self.reading = reading
    }
}
