import Logging
import NIOSSL
import Synchronization

/// A service's certificate, read again when its files change.
///
/// Connections that are open go on with the one that they began with.
final class ServerCertificate: Sendable {
    /// How often the files are looked at. By their bytes: a mounted secret is exchanged by a link, which inotify on a file does not see.
    private static let interval = Duration.seconds(1)

    private struct State {
        var pair: CertificatePair
        var context: NIOSSLContext
    }

    private let files: CertificateFiles
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: ``CertificateError`` where there is nothing to begin with.
    init(_ files: CertificateFiles, logger: Logger) throws(CertificateError) {
        self.files = files
        self.logger = logger
        let pair = try CertificatePair(files)
        state = Mutex(State(pair: pair, context: try pair.context(files)))
    }

    /// What the next connection is to speak TLS with.
    var context: NIOSSLContext { state.withLock(\.context) }

    /// Looks after the files until the task is cancelled.
    func keepFresh() async {
        var seen = Sight(fault: nil)
        while (try? await Task.sleep(for: Self.interval)) != nil {
            seen = look(after: seen)
        }
    }

    /// What the last look saw that could not be used.
    private struct Sight {
        var fault: String?
        var isTold = false
    }

    private func look(after last: Sight) -> Sight {
        do throws(CertificateError) {
            let pair = try CertificatePair(files)
            guard pair != state.withLock(\.pair) else { return Sight(fault: nil) }
            let context = try pair.context(files)
            state.withLock { $0 = State(pair: pair, context: context) }
            logger.notice("a new certificate is in use", metadata: ["file": "\(files.certificate)"])
            return Sight(fault: nil)
        } catch {
            // The two files can't be exchanged at once: only what stays is a fault.
            guard error.description == last.fault else { return Sight(fault: error.description) }
            if !last.isTold {
                logger.error(
                    "the new certificate can't be used, and the old one stays",
                    metadata: ["error": "\(error)"]
                )
            }
            return Sight(fault: error.description, isTold: true)
        }
    }
}
