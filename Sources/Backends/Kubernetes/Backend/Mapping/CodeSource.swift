/// Where pods get a job's code from: a repository that the cluster can reach.
public struct CodeSource: Sendable, Equatable {
    /// `https://…`, `ssh://…` or `git@host:…`.
    public var url: String
    /// An image that has `git` and `sh`. Default: `alpine/git:2.49.1`.
    public var image: String
    /// A Secret of the job's namespace, of type `kubernetes.io/basic-auth` (`username`, `password`) or `kubernetes.io/ssh-auth`
    /// (`ssh-privatekey`, and `known_hosts` besides). Nil for a repository that everybody may read.
    public var secret: String?

    /// Only the address has no default.
    public init(url: String, image: String = "alpine/git:2.49.1", secret: String? = nil) {
        self.url = url
        self.image = image
        self.secret = secret
    }

    /// Whether the repository is spoken to by ssh.
    var usesSSH: Bool { url.hasPrefix("ssh://") || !url.contains("://") }
}
