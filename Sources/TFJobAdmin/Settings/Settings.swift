import Foundation
import Git
import Jobs
import RESTView
import Reconciler

/// All that the service can be told, with the defaults filled in.
struct Settings: Sendable, Equatable {
    var repository: RepositoryAddress
    var branch = "main"
    /// The poll that backs up the watch on a local repository's references; between two fetches of a remote one.
    var interval = Duration.seconds(15)
    /// How a remote repository is fetched.
    var mirror = MirrorSettings()
    /// The keys that may sign commits; nil: any commit is applied.
    var allowedSigners: String?
    var state = "./tfjob-admin-state"
    var listen = ListenAddress.default
    /// Empty: every cluster id is the local backend of this machine.
    var clusters: [String: LocalCluster] = [:]
    var provisionsRuntimes = true
    /// Interpreters by version.
    var interpreters: [String: String] = [:]
    /// What keeps a careless push from deleting many jobs.
    var pruneGuard = PruneGuard()
    /// Nil: whoever reaches the service reads all, so only this machine may.
    var authentication: Authentication?
    /// Nil: there are no webhooks.
    var webhookSecretFile: String?

    /// A cluster that is this machine.
    struct LocalCluster: Sendable, Equatable {
        /// Whole GPUs that jobs may use. Default: 0.
        var gpus = 0
    }
}

/// Where the REST view listens.
struct ListenAddress: Sendable, Equatable {
    static let `default` = ListenAddress(host: "127.0.0.1", port: 8899)

    let host: String
    /// 0 takes any that is free.
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    init?(_ text: String) {
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

    /// The URL of what listens there.
    ///
    /// - Parameter port: the one that was taken, which differs where any was asked for.
    func url(port: Int) -> String {
        "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/"
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "::1" || (isIPv4 && parts[0] == "127")
    }
}

/// Why the settings can't be used: one sentence for each fault.
struct SettingsError: Error, CustomStringConvertible, Equatable {
    let faults: [String]

    init(_ faults: [String]) {
        self.faults = faults
    }

    var description: String { faults.joined(separator: "\n") }
}
