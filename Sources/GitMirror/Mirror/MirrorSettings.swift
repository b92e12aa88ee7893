import Git

/// How a remote is fetched.
public struct MirrorSettings: Sendable, Equatable {
    /// When a fetch is given up and its processes are killed. Default 60 s; a first fetch of a large repository takes as long.
    public var fetchTimeout: Duration = .seconds(60)

    /// The file of ssh's private key, of any type; nil: the keys of the agent and those that ssh looks for by itself.
    public var sshKey: String?
    /// The file of the hosts' keys, the only one that is looked into; nil: ssh's own. A host that is not in it is refused.
    public var knownHosts: String?

    /// The file whose first line is the token or password for https; read anew for each fetch.
    public var tokenFile: String?
    /// The file whose first line is the user's name for https; nil: the address's, or one that forges take with a token.
    public var userFile: String?
    /// A file of certificates (PEM) that https servers are checked by, in place of the system's.
    public var caFile: String?
    /// The proxy for https, `http://proxy.example.org:3128` say; nil: as `https_proxy` and `no_proxy` of the environment have it.
    public var proxy: String?

    /// How many packs may be in the mirror before ``Mirror/maintain()`` joins them. Default 50.
    public var packLimit = 50
    /// How long what no branch leads to any more is kept. Default 14 days, as git does it.
    public var pruneGrace: Duration = .seconds(14 * 86_400)
    /// How often ``Mirror/maintain()`` packs everything anew and drops what is past its grace. Default one day.
    public var repackInterval: Duration = .seconds(86_400)
    /// When a ``Mirror/maintain()`` is given up. Default one hour.
    public var maintenanceTimeout: Duration = .seconds(3600)

    /// The defaults.
    public init() {}

    var withAbsolutePaths: MirrorSettings {
        var settings = self
        for path in [\MirrorSettings.sshKey, \.knownHosts, \.tokenFile, \.userFile, \.caFile] {
            settings[keyPath: path] = settings[keyPath: path]?.absolutePath
        }
        return settings
    }
}
