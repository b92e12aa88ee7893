import HummingbirdCore
import NIOCore

/// What one client may take up before anything is known of it.
enum Limits {
    /// Header fields are small here: a token and a few tags. A request's body is never kept, whatever its size.
    static func connection(_ patience: Patience) -> HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionDeadlines(patience), UnreadableRequests()],
            idleTimeout: TimeAmount(patience.idle),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: 16 * 1024,
                maxHeaderListSize: 32 * 1024,
                maxHeaderFieldCount: 100
            )
        )
    }
}
