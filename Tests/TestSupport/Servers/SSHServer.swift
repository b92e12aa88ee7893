import Foundation
import Glibc

/// A real sshd on 127.0.0.1, with host keys and users' keys of the test's own.
package final class SSHServer: Sendable {
    package var port: UInt16 { reserved.number }
    /// The file of the private key that is let in.
    package let key: String
    /// A file of known hosts with the server's key in it.
    package let knownHosts: String
    private let folder: String
    private let reserved: ReservedPort

    /// Makes the keys; the server does not run yet.
    package init(in temporary: TemporaryFolder, keyType: String = "ed25519") async throws {
        folder = temporary.path("sshd")
        reserved = try ReservedPort()
        key = "\(folder)/user key"
        knownHosts = "\(folder)/known hosts"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await Self.makeKey(key, type: keyType)
        for name in ["host", "other-host"] {
            try await Self.makeKey("\(folder)/\(name)", type: "ed25519")
        }
        try FileManager.default.copyItem(atPath: "\(key).pub", toPath: "\(folder)/authorized")
        let words = try String(contentsOfFile: "\(folder)/host.pub", encoding: .utf8).split(separator: " ")
        try Data("[127.0.0.1]:\(reserved.number) \(words[0]) \(words[1])\n".utf8).write(
            to: URL(fileURLWithPath: knownHosts)
        )
    }

    /// Makes a key; by default without a passphrase.
    package static func makeKey(_ path: String, type: String = "ed25519", passphrase: String = "") async throws {
        let comment = URL(fileURLWithPath: path).lastPathComponent
        try await run(["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", comment, "-f", path], in: "/")
    }

    /// Runs the server for as long as the body runs.
    ///
    /// - Parameters:
    ///   - hostKey: `host`, the known one, or `other-host`.
    ///   - body: what is done meanwhile.
    @discardableResult
    package func running<Result>(hostKey: String = "host", _ body: () async throws -> Result) async throws -> Result {
        // As root it needs this folder, which Debian's service makes.
        if getuid() == 0 {
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }
        let configuration = """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(folder)/\(hostKey)
            PidFile none
            UsePAM \(getuid() == 0 ? "yes" : "no")
            StrictModes no
            AuthorizedKeysFile \(folder)/authorized
            PermitRootLogin yes
            PasswordAuthentication no
            KbdInteractiveAuthentication no

            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(folder)/config"))
        let program = try await RunningProgram(
            ["/usr/sbin/sshd", "-D", "-e", "-f", "\(folder)/config"],
            log: "\(folder)/log"
        )
        do {
            try await eventually("sshd listens (\(folder))") { [port] in Loopback.answers(port: port) }
            let result = try await body()
            try await program.end(with: SIGTERM)
            return result
        } catch {
            try await program.end(with: SIGTERM)
            throw error
        }
    }

    /// The address of a repository of this machine.
    package func url(_ path: String) -> String { "ssh://\(NSUserName())@127.0.0.1:\(port)\(path)" }
}
