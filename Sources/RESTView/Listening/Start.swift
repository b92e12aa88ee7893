import NIOCore
import Synchronization

/// The moment from which on requests are answered: somebody is told, and where they fail, the service ends.
final class Start: Sendable {
    private let tell: @Sendable (_ port: Int?) throws -> Void
    private let failed = Mutex<(any Error)?>(nil)

    init(_ tell: @escaping @Sendable (_ port: Int?) throws -> Void) {
        self.tell = tell
    }

    /// Why the service ended, where whoever was told could not go on.
    var failure: (any Error)? { failed.withLock(\.self) }

    /// - Parameter channel: the one that listens.
    @Sendable
    func note(_ channel: any Channel) {
        do {
            try tell(channel.localAddress?.port)
        } catch {
            failed.withLock { $0 = error }
            channel.close(promise: nil)
        }
    }
}
