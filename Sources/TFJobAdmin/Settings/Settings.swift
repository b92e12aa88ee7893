import Foundation
import Git
import GitMirror
import Jobs
import KubernetesBackend
import RESTView
import Reconciler
import SignIn

/// All that the service can be told, with the defaults filled in.
struct Settings: Sendable, Equatable {
    var repository: RepositoryAddress
    var branch = "main"
    /// The poll that backs up the watch on a local repository's references; between two fetches of a remote one.
    var interval = Duration.seconds(15)
    /// How a remote repository is fetched.
    var mirror = MirrorSettings()
    /// The most bytes of one folder of code that a run gets. Default: 2 GiB.
    var exportLimit = 2 << 30
    /// The keys that may sign commits; nil: any commit is applied.
    var allowedSigners: String?
    /// Where runs, logs and the journal are kept, see ``StateFolder``.
    var state = "/var/lib/tfjob-admin"
    /// Why the state should be kept elsewhere; nil where it is where it should be.
    var stateWarning: String?
    var listen = ListenAddress.default
    /// The clusters that are this machine. Where there are none of any kind, every cluster id is this machine.
    var clusters: [String: LocalCluster] = [:]
    /// The clusters that are Kubernetes clusters.
    var kubernetes: [String: KubernetesSettings] = [:]
    /// Names this service on clusters that others use too; nil: made at the first start, and kept in the state folder.
    var installation: String?
    var provisionsRuntimes = true
    /// Interpreters by version.
    var interpreters: [String: String] = [:]
    /// What keeps a careless push from deleting many jobs.
    var pruneGuard = PruneGuard()
    /// Nil: plain HTTP.
    var certificate: CertificateFiles?
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

/// Why the settings can't be used: one sentence for each fault.
struct SettingsError: Error, CustomStringConvertible, Equatable {
    let faults: [String]

    init(_ faults: [String]) {
        self.faults = faults
    }

    var description: String { faults.joined(separator: "\n") }
}
