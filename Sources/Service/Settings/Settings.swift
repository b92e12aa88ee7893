import BackendConfiguration
import Foundation
import Git
import GitMirror
import Jobs
import RESTView
import Reconciler
import SignIn

/// All that the service can be told, with the defaults filled in.
struct Settings: Sendable, Equatable {
    var repository: RepositoryAddress
    var branch = Reconciler.Settings.defaultBranch
    /// How often to check the repository when nothing signals a change.
    var interval = Reconciler.Settings.defaultInterval
    /// How a remote repository is fetched.
    var mirror = MirrorSettings()
    /// The most bytes of one folder of code that a run gets.
    var exportLimit = Reconciler.Settings.defaultExportLimit
    /// The keys that may sign commits; nil: any commit is applied.
    var allowedSigners: String?
    /// Where runs, logs and the journal are kept, see ``StateFolder``.
    var state = "/var/lib/tfjob-admin"
    /// What is right and should be changed all the same; logged at the start.
    var warnings: [String] = []
    var listen = ListenAddress.default
    /// The clusters by id. With none at all, every cluster id is this machine.
    var clusters: [String: ConfiguredCluster] = [:]
    /// Names this service on clusters that others use too; nil: made at the first start, and kept in the state folder.
    var installation: String?
    /// Where runs on this machine get their interpreters from.
    var runtimes = RuntimeSettings()
    /// What keeps a careless push from deleting many jobs.
    var pruneGuard = PruneGuard()
    /// Nil: plain HTTP.
    var certificate: CertificateFiles?
    /// Nil: whoever reaches the service reads all, so only this machine may.
    var authentication: Authentication?
    /// Nil: there are no webhooks.
    var webhookSecretFile: String?
}

/// Why the settings can't be used: one sentence for each fault.
public struct SettingsError: Error, CustomStringConvertible, Equatable {
    /// Without an end of line.
    public let faults: [String]

    init(_ faults: [String]) {
        self.faults = faults
    }

    /// One fault in each line.
    public var description: String { faults.joined(separator: "\n") }
}
