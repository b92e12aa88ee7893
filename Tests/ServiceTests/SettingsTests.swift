import BackendConfiguration
import Foundation
import LocalBackend
import Platform
import RESTView
import Reconciler
import SignIn
import TestSupport
import Testing

@testable import Service

@Suite
struct SettingsTests {
    private func settings(
        _ yaml: String,
        flags: SettingsSource.Flags = SettingsSource.Flags(repository: "/srv/jobs.git"),
        environment: [String: String] = [:]
    ) throws -> Settings {
        let folder = try TemporaryFolder()
        let path = folder.path("config.yaml")
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: path))
        do {
            return try SettingsSource(config: path, flags: flags, environment: environment).settings()
        } catch {
            throw SettingsError(error.faults.map { $0.replacing(path, with: "config.yaml") })
        }
    }

    @Test
    func `an empty file leaves the defaults`() throws {
        let settings = try settings("")
        #expect(settings == Settings(repository: .local(path: "/srv/jobs.git")))
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8899))
    }

    @Test
    func `rules that can never match are warnings with their place, and others are none`() throws {
        let text = """
            clusters: {prod: {backend: kubernetes}, gpu-1: {backend: kubernetes}}
            auth:
              oidc: {issuer: https://idp.example.org, audience: a, userClaim: email}
              access:
              - {users: [ann], clusters: [prdo], partitions: [Team-A]}
              - {groups: [ml-*], clusters: ["gpu-*", "*"], partitions: ["team_a*"]}
              - {users: [ann@example.org, "*"], groups: [any thing], clusters: [prod], partitions: ["*", "team-*-x"]}
            """
        let warnings = try settings(text).warnings
        for (line, what) in [
            (5, #"users: "ann" can never match: auth.oidc.userClaim is email"#),
            (
                5,
                #"clusters: "prdo" can never match: no cluster of the configuration has such a name; there are gpu-1, prod"#
            ),
            (5, #"partitions: "Team-A" can never match: such a name may have lower-case letters"#),
            (6, #"partitions: "team_a*" can never match: such a name"#),
        ] {
            #expect(
                warnings.contains { $0.contains(what) && $0.contains("config.yaml:\(line):") },
                "\(what): \(warnings)"
            )
        }
        #expect(warnings.count == 4, "\(warnings)")
        // A proxy and the socket name users in their own way.
        let proxied = try settings(text.replacing("auth:", with: "auth:\n  trustedProxies: [unix]")).warnings
        #expect(!proxied.contains { $0.contains("userClaim is email") })
        // Until the operator says that the proxy minds the header.
        #expect(proxied.contains { $0.contains("what a proxy sends as X-Groups counts for the rules with groups") })
        let minded = text.replacing("auth:", with: "auth:\n  trustedProxies: [unix]\n  groupsHeader: X-Groups")
        #expect(try settings(minded).warnings.count == 3)
        #expect(
            try settings("auth: {trustedProxies: [10.0.0.0/8], groupsHeader: X-Teams}").authentication?.groupsHeader
                == "X-Teams"
        )
        #expect(throws: SettingsError.self) { try settings("auth: {trustedProxies: [unix], groupsHeader: \"a b\"}") }
    }

    @Test
    func `every key is read`() throws {
        let settings = try settings(
            """
            repository: {url: file:///data/jobs.git, branch: live, interval: 250ms}
            state: /var/lib/tfjob-admin
            listen: "[::1]:9000"
            clusters:
              default: {backend: local, cpu: 8, memory: 16Gi, gpus: 2, logs: {maxSize: 1Mi, keep: 3}}
            runtimes: {provision: pip, python: {"3.11": /usr/bin/python3.11}, packages: [pandas==2.3.3, "scipy>=1,<2"]}
            webhooks: {secretFile: /etc/tfjob-admin/webhook-secret}
            """,
            flags: SettingsSource.Flags()
        )
        #expect(settings.repository == .local(path: "/data/jobs.git"))
        #expect(settings.branch == "live")
        #expect(settings.interval == .milliseconds(250))
        #expect(settings.state == "/var/lib/tfjob-admin")
        #expect(settings.listen == ListenAddress(host: "::1", port: 9000))
        var cluster = LocalCluster(gpus: 2)
        cluster.logs = LogLimits(maxSize: 1 << 20, keep: 3)
        #expect(settings.localClusters == ["default": cluster])
        #expect(settings.runtimes.provisionsRuntimes)
        #expect(settings.runtimes.packages == ["pandas==2.3.3", "scipy>=1,<2"])
        #expect(settings.runtimes.interpreters == ["3.11": "/usr/bin/python3.11"])
        #expect(settings.webhookSecretFile == "/etc/tfjob-admin/webhook-secret")
        let ignored = settings.warnings.filter { $0.contains(" has no effect") }
        #expect(ignored.count == 2)
        #expect(ignored.first?.contains(":5:34: clusters.default.cpu has no effect") == true)
    }

    @Test
    func `a flag wins over the environment and that over the file`() throws {
        let file = "repository: {url: /from/file, branch: file}\nstate: file\n"
        let environment = ["TFJOB_ADMIN_BRANCH": "environment", "TFJOB_ADMIN_STATE": "environment"]
        let settings = try settings(
            file,
            flags: SettingsSource.Flags(branch: "flag"),
            environment: environment
        )
        #expect(settings.repository == .local(path: "/from/file"))
        #expect(settings.state == "environment")
        #expect(settings.branch == "flag")
    }

    @Test(arguments: [
        ("allowedSigners", "ALLOWED_SIGNERS"), ("sshKey", "SSH_KEY"), ("knownHosts", "KNOWN_HOSTS"),
        ("tokenFile", "TOKEN_FILE"), ("userFile", "USER_FILE"), ("caFile", "CA_FILE"),
    ])
    func `every file of the repository is read, and the environment wins`(key: String, variable: String) throws {
        let path = try #require(SettingsSource.repositoryFiles.first { $0.key == key }?.path)
        let file = "repository: {\(key): ~/file}"
        #expect(try settings(file)[keyPath: path] == "\(NSHomeDirectory())/file")
        let environment = ["TFJOB_ADMIN_REPOSITORY_\(variable)": "/environment"]
        #expect(try settings(file, environment: environment)[keyPath: path] == "/environment")
    }

    @Test(
        arguments: [
            ("nonsense: 1", "config.yaml:1:1: nonsense is not known"),
            ("repository:\n  brunch: x", "config.yaml:2:3: repository.brunch is not known"),
            ("prune: {limit: -1}", "config.yaml:1:16: prune.limit: \"-1\" is no number of jobs; write 0 or more"),
            ("prune: {fraction: 20}", "prune.fraction: \"20\" is no part of all jobs; write a number from 0 to 1"),
            ("prune: {most: 3}", "prune.most is not known; known are fraction, limit"),
            (
                "repository: {exportLimit: much}",
                "config.yaml:1:27: repository.exportLimit: \"much\" is no number of bytes"
            ),
            ("repository: {fetchTimeout: long}", "repository.fetchTimeout: \"long\" is no duration"),
            ("repository: {tokenFiel: x}", "repository.tokenFiel is not known"),
            ("clusters: {a: {logs: {keep: 1}}}", "clusters.a.logs.keep: \"1\" is no number of log files"),
            ("clusters: {a: {logs: {maxSize: 10Kb}}}", "clusters.a.logs.maxSize: \"10Kb\" is no size of a log file"),
            ("clusters: {a: {logs: {size: 1Mi}}}", "clusters.a.logs.size is not known; known are keep, maxSize"),
            ("clusters: {a: {maxProcesses: 9}}", "clusters.a.maxProcesses limits the user of the jobs; write"),
            (
                "clusters: {a: {user: nobody, maxProcesses: 0}}",
                "config.yaml:1:44: clusters.a.maxProcesses: \"0\" is no"
            ),
            (
                "clusters: {a: {backend: slurm}}",
                "clusters.a.backend: \"slurm\" is not known; write local or kubernetes"
            ),
            ("clusters: {a: {gpus: -1}}", "clusters.a.gpus: \"-1\" is no whole number"),
            (
                "runtimes: {packages: []}",
                "runtimes.packages must be a list of one element or more; write [a, b], or leave it out"
            ),
            (
                "runtimes: {packages: [-e .]}",
                "runtimes.packages: -e is not allowed: write NAME==VERSION; the service chooses the index and the options of pip"
            ),
            (
                "runtimes: {provision: none, packages: [pandas]}",
                "runtimes.packages needs pip; write provision: pip, or leave the packages out"
            ),
            ("runtimes: {provision: conda}", "runtimes.provision: \"conda\" is not known; write pip or none"),
            (
                "repository: {interval: 15}",
                "config.yaml:1:24: repository.interval: \"15\" is no duration; write 250ms, 15s, 10m or 1h"
            ),
            ("listen: 0.0.0.0:8899", "config.yaml:1:9: listen: without auth the service listens on loopback"),
            ("listen: 'unix:'", "listen: \"unix:\" is no address; write HOST:PORT"),
            ("listen: unix:/\(String(repeating: "a", count: 120))", "or unix:PATH with a short path"),
            ("tls: {certificateFile: /a.pem}", "config.yaml:1:6: tls: write both"),
            ("tls: {certificateFile: /a.pem, key: /b.pem}", "tls.key is not known"),
            (
                "{listen: 'unix:/a', tls: {certificateFile: /a.pem, keyFile: /b.pem}}",
                "tls: a Unix socket has no need of it"
            ),
            ("{listen: 0.0.0.0:8899, tls: {certificateFile: /a.pem, keyFile: /b.pem}}", "loopback"),
            ("listen: here", "config.yaml:1:9: listen: \"here\" is no address; write HOST:PORT"),
            ("state: [a]", "config.yaml:1:8: state must be a single value"),
            ("- a\n- b", "the configuration must be a mapping"),
            ("a: [", "config.yaml:2:1: this is no YAML: "), ("a: 'b", "config.yaml:1:6: this is no YAML: "),
            ("state: 5", "config.yaml:1:8: state: 5 is not a path; write a folder, /var/lib/tfjob-admin"),
            ("state: true", "config.yaml:1:8: state: true is not a path"),
            ("state:", "state: an empty text is not a path"),
            (
                "repository: {tokenFile: 5}",
                "config.yaml:1:25: repository.tokenFile: 5 is not a path; write the path of a file"
            ),
            (
                "state: /a\nlisten: 127.0.0.1:1\nstate: /b",
                "config.yaml:3:1: the key state is there twice; keep one of the two"
            ),
            ("prune: {limit: 1, limit: 2}", "config.yaml:1:19: the key limit is there twice"),
            (
                "log: {level: loud}",
                "config.yaml:1:14: log.level: \"loud\" is not known; write one of debug, info, notice"
            ),
            ("log: {format: xml}", "config.yaml:1:15: log.format: \"xml\" is not known; write text or json"),
            ("retention: {runs: 0}", "config.yaml:1:19: retention.runs: \"0\" is no number of runs; write 1 or more"),
            ("retention: {age: 30}", "config.yaml:1:18: retention.age: \"30\" is no duration; write 12h or 30d"),
            ("metrics: {partitions: maybe}", "metrics.partitions: \"maybe\" is not known; write true or false"),
            ("repository: {shared: maybe}", "config.yaml:1:22: repository.shared: \"maybe\" is not known"),
            ("repository: {url: 'ftp://example.org/jobs.git'}", "a path or a file:// URL"),
        ]
    )
    func `each fault is reported at its position`(yaml: String, message: String) {
        let flags = yaml.contains("url") ? SettingsSource.Flags() : SettingsSource.Flags(repository: "/srv/jobs.git")
        let error = #expect(throws: SettingsError.self) { try settings(yaml, flags: flags) }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(
        .enabled(if: geteuid() == 0),
        arguments: [
            ("no-such-user", "config.yaml:1:22: clusters.a.user: this machine has no user \"no-such-user\"; write"),
            ("root", "clusters.a.user: jobs of root have all rights; write another user"),
        ]
    )
    func `a user of jobs that is absent or has all rights is refused`(user: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try settings("clusters: {a: {user: \(user)}}") }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(.enabled(if: geteuid() == 0))
    func `the user of jobs and its limit of processes are read`() throws {
        let settings = try settings("clusters: {a: {user: nobody}, b: {user: nobody, maxProcesses: 100}, c: {}}")
        let users = settings.localClusters.mapValues(\.user)
        #expect(users["a"]??.account.name == "nobody")
        #expect(users["a"]??.maxProcesses == ReplicaUser.defaultMaxProcesses)
        #expect(users["b"]??.maxProcesses == 100)
        #expect(users["c"] == .some(nil))
    }

    @Test(.enabled(if: geteuid() != 0))
    func `only root can name a user of jobs`() {
        let error = #expect(throws: SettingsError.self) { try settings("clusters: {a: {user: nobody}}") }
        #expect(error.map { "\($0)" }?.contains("only root can run jobs as nobody") == true)
    }

    @Test
    func `a socket and certificates are read`() throws {
        let home = NSHomeDirectory()
        #expect(try settings("listen: 'unix:/run/a/../b.sock'").listen == .unix(path: "/run/b.sock"))
        #expect(try settings("listen: 'unix:~/s'").listen == .unix(path: "\(home)/s"))
        let file = "tls: {certificateFile: /a.pem, keyFile: ~/b.pem}"
        let certificate = CertificateFiles(certificate: "/a.pem", key: "\(home)/b.pem")
        #expect(try settings(file).certificate == certificate)
        let environment = ["TFJOB_ADMIN_TLS_CERTIFICATE_FILE": "/c.pem"]
        #expect(try settings(file, environment: environment).certificate?.certificate == "/c.pem")
        #expect(throws: SettingsError.self) { try settings("", environment: environment) }
    }

    @Test
    func `a configuration that can't be read says what is missing`() throws {
        let folder = try TemporaryFolder()
        let closed = folder.path("closed.yaml")
        try Data().write(to: URL(fileURLWithPath: closed))
        try FileManager.default.setAttributes([.posixPermissions: 0o200], ofItemAtPath: closed)
        for (path, reason) in [
            (folder.path("absent.yaml"), "it is not there"),
            (folder.path("absent/config.yaml"), "the folder \(folder.path("absent")) is not there"),
            (folder.url.path, "it is a folder"),
        ] {
            #expect(UnreadableFile.fault(of: path) == reason)
        }
        // Root may read everything.
        let fault = UnreadableFile.fault(of: closed)
        #expect(geteuid() == 0 ? fault == nil : fault?.contains("may not read it (mode 200, owner") == true)
    }

    @Test
    func `all faults are reported at once`() {
        let error = #expect(throws: SettingsError.self) { try settings("nonsense: 1\nauth: {}\nruntimes: 3\n") }
        #expect(error?.faults.count == 3)
    }

    @Test(
        arguments: [
            ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("localhost:1", true), ("[::1]:1", true),
            ("0.0.0.0:1", false), ("127.0.0.1.example.org:1", false), ("10.0.0.1:1", false), ("[::]:1", false),
        ] as [(String, Bool)]
    )
    func `only this machine reaches a loopback address`(text: String, isLoopback: Bool) throws {
        #expect(try #require(ListenAddress(text)).isLoopback == isLoopback)
    }

    @Test(arguments: ["", ":1", "host", "host:", "host:65536", "::1:80", "host:-1"])
    func `an invalid address is refused`(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
