import Glibc
import NIOCore

/// Why the address can't be listened on: a sentence for the operator.
public struct ListenError: Error, CustomStringConvertible, Sendable {
    /// The sentence.
    public let description: String

    init(_ address: RESTService.Address, _ error: IOError) {
        description =
            switch error.errnoCode {
            case EADDRINUSE: "\(address) is in use by another program; choose another address with --listen"
            case EACCES: "\(address) is for privileged users; choose a port above 1023 with --listen"
            case EADDRNOTAVAIL: "\(address) is no address of this machine; choose another with --listen"
            default: "\(address) can't be listened on: \(error)"
            }
    }
}
