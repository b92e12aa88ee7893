/// How a stand-in cluster behaves.
package struct ClusterSettings: Sendable {
    /// Whether the training operator is installed. Default: it is.
    package var hasOperator = true
    /// How often a watch that asked for bookmarks gets one; about a minute on a real server. Default: 200 ms.
    package var bookmarkInterval = Duration.milliseconds(200)
    /// How long a container that ended waits before it is started again; ten seconds and more on a real machine. Default: 50 ms.
    package var restartDelay = Duration.milliseconds(50)
    /// Where to listen on 127.0.0.1. Default: any port that is free.
    package var port = 0
    /// All that the server's certificate is good for, as `subjectAltName` of openssl. Default: this machine.
    package var names = "IP:127.0.0.1,DNS:localhost"
    /// As clients reach it, `127.0.0.1:6443`; known once it listens.
    var address = ""

    /// All defaults.
    package init() {}
}
