import BackendConfiguration
import Foundation
import Git
import GitMirror
import Jobs
import RESTView
import Reconciler
import SignIn

/// All settings of the service, with the defaults.
struct Settings: Sendable, Equatable {
    var repository: RepositoryAddress
    var branch = Reconciler.Settings.defaultBranch
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
    /// The file with the secret of the webhooks. Nil: there are no webhooks.
    var webhookSecretFile: String?
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
