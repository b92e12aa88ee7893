import BackendConfiguration
import Foundation
import Git
import GitMirror
import Jobs
import Platform
import RESTView
import Reconciler
import SignIn

/// All settings of the service, with the defaults.
struct Settings: Sendable, Equatable {
    var repository: RepositoryAddress
    var branch = Reconciler.Settings.defaultBranch
    /// Whether other services of this machine may serve the same branch too, each for clusters of its own.
    var sharesRepository = false
    /// The time between two fetches of a remote repository, or between two checks of a local one, which also has a
    /// watch.
    var interval = Reconciler.Settings.defaultInterval
    /// The settings for fetching a remote repository.
    var mirror = MirrorSettings()
    /// The maximum size in bytes of the code of a run.
    var exportLimit = Reconciler.Settings.defaultExportLimit
    /// The file with the keys that may sign commits. Nil: every commit is applied.
    var allowedSigners: String?
    /// The folder for runs, logs and the journal, see ``StateFolder``.
    var state = StateFolder.systemDefault
    /// Messages about settings that work but should be changed. The service logs them at the start.
    var warnings: [String] = []
    var listen = ListenAddress.default
    /// The clusters by id. If there are none, every cluster id means this machine.
    var clusters: [String: ConfiguredCluster] = [:]
    /// The name of this service on shared clusters. Nil: see ``Installation``.
    var installation: String?
    /// The sources of the interpreters for runs on this machine.
    var runtimes = RuntimeSettings()
    /// The guard that keeps a careless push from deleting many jobs.
    var pruneGuard = PruneGuard()
    /// The TLS certificate. Nil: the service uses plain HTTP.
    var certificate: CertificateFiles?
    /// The authentication of users. Nil: everyone who reaches the service can read everything, so only this machine may
    /// reach it.
    var authentication: Authentication?
    /// What the service logs.
    var log = LineLogHandler.Settings()
    /// How long runs that are over are kept.
    var retention = Retention()
    /// Whether `/metrics` has numbers for each partition.
    var metricsNamePartitions = false
    /// The file with the secret of the webhooks. Nil: there are no webhooks.
    var webhookSecretFile: String?
}

/// The address at which the REST view listens.
enum ListenAddress: Sendable, Equatable {
    /// A host and a port. Port 0 stands for any free port.
    case tcp(host: String, port: Int)
    /// The absolute path of a Unix socket.
    case unix(path: String)

    static let `default` = ListenAddress(host: ServiceDefaults.host, port: ServiceDefaults.port)

    init(host: String, port: Int) {
        self = .tcp(host: host, port: port)
    }

    /// Parses `HOST:PORT`, where an IPv6 address needs brackets, or `unix:PATH`.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let name = String(text.dropFirst("unix:".count))
            guard !name.isEmpty, !name.hasSuffix("/") else { return nil }
            let path = name.absolutePath
            guard SocketFile.isPossible(path) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: port)
    }

    /// Returns the URL for clients: `http://HOST:PORT/`, `https://…`, or `unix:PATH`.
    ///
    /// - Parameters:
    ///   - port: the actual port, which replaces port 0. Nil for a Unix socket.
    ///   - isSecure: whether the service uses TLS.
    func url(port: Int?, isSecure: Bool) -> String {
        switch self {
        case .tcp(let host, let wanted):
            "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port ?? wanted)/"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Whether only this machine can reach the address.
    var isLoopback: Bool {
        guard case .tcp(let host, _) = self else { return true }
        return LoopbackHost.contains(host)
    }
}

/// Errors in the settings, one sentence for each.
public struct SettingsError: Error, CustomStringConvertible, Equatable {
    /// The sentences, without line breaks.
    public let faults: [String]

    init(_ faults: [String]) {
        self.faults = faults
    }

    /// All sentences, each on its own line.
    public var description: String { faults.joined(separator: "\n") }
}
