import Foundation
import HummingbirdCore
import Journal
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The service's certificate. It is read again when its files change; open connections keep the one they began with.
final class ServerCertificate: Sendable {
    /// How often the files are read. Their bytes are compared, because inotify on a file misses the exchanged link of a mounted
    /// secret.
    private static let interval = Duration.seconds(1)

    private struct State {
        var files: CertificateFiles
        var pair: CertificatePair
        var context: NIOSSLContext
    }

    private let measurements: Measurements
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the files for the first time.
    ///
    /// - Throws: ``RESTServiceError`` if they can't be used.
    init(_ files: CertificateFiles, measurements: Measurements, logger: Logger) throws(RESTServiceError) {
        self.measurements = measurements
        self.logger = logger
        let pair = try CertificatePair(files)
        state = Mutex(State(files: files, pair: pair, context: try pair.context(files)))
        noteExpiry(of: pair, files)
    }

    /// Measures when a pair expires, and warns of one that has.
    private func noteExpiry(of pair: CertificatePair, _ files: CertificateFiles) {
        measurements.recordExpiry(pair.expiry, of: .service)
        guard let expiry = pair.expiry, expiry < Date() else { return }
        logger.warning(
            "the certificate has expired, and clients refuse it; put a new one in its place",
            metadata: ["file": "\(files.certificate)", "expired": "\(expiry.formatted(.iso8601))"]
        )
    }

    /// Goes on with the certificate of other files.
    ///
    /// - Throws: ``RESTServiceError`` if they can't be used. Then the old ones stay.
    func use(_ files: CertificateFiles) throws(RESTServiceError) {
        guard files != state.withLock(\.files) else { return }
        let pair = try CertificatePair(files)
        let context = try pair.context(files)
        state.withLock { $0 = State(files: files, pair: pair, context: context) }
        noteExpiry(of: pair, files)
    }

    /// The TLS context for the next connection.
    var context: NIOSSLContext { state.withLock(\.context) }

    /// Reads the files regularly until the task is cancelled.
    func keepFresh() async {
        var last = Inspection(fault: nil)
        while (try? await Task.sleep(for: Self.interval)) != nil {
            last = inspectFiles(after: last)
        }
    }

    /// The fault of the files at the last inspection, and whether it was logged.
    private struct Inspection {
        var fault: String?
        var isLogged = false
    }

    private func inspectFiles(after last: Inspection) -> Inspection {
        let files = state.withLock(\.files)
        do throws(RESTServiceError) {
            let pair = try CertificatePair(files)
            guard pair != state.withLock(\.pair) else { return Inspection(fault: nil) }
            let context = try pair.context(files)
            state.withLock { state in
                guard state.files == files else { return }
                state = State(files: files, pair: pair, context: context)
            }
            noteExpiry(of: pair, files)
            logger.notice("a new certificate is in use", metadata: ["file": "\(files.certificate)"])
            return Inspection(fault: nil)
        } catch {
            // The two files can't be exchanged at the same moment, so only a fault that stays is logged.
            guard error.description == last.fault else { return Inspection(fault: error.description) }
            if !last.isLogged {
                logger.error(
                    "the new certificate can't be used, and the old one stays",
                    metadata: ["error": "\(error)"]
                )
            }
            return Inspection(fault: error.description, isLogged: true)
        }
    }
}

/// A connection over TLS, with the certificate of the moment it began.
struct TLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificate: ServerCertificate

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(
                PlainRequests(),
                NIOSSLServerHandler(context: certificate.context)
            )
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1, over TLS if there is a certificate.
    static func http1(configuration: HTTP1Channel.Configuration, certificate: ServerCertificate?) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            let base = HTTP1Channel(responder: responder, configuration: configuration)
            guard let certificate else { return base }
            return TLSChannel(base: base, certificate: certificate)
        }
    }
}
