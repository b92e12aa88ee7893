import Foundation

/// The command by which git runs ssh. What stands in it is seen by every user of the machine: paths, and no secret.
struct SSHCommand {
    /// The file of the private key; nil: the agent's, and ssh's own.
    let key: String?
    /// The only file of known hosts; nil: ssh's own.
    let knownHosts: String?

    /// What no configuration of ssh's can take back, since the first value that it finds is the one that counts.
    ///
    /// <https://man.openbsd.org/ssh_config>
    private static let options = [
        // Nobody is there to be asked.
        "BatchMode=yes", "RequestTTY=no",
        // The host's key is looked up in a file, always: not in the DNS, not by a command, not by a connection made before.
        "StrictHostKeyChecking=yes", "VerifyHostKeyDNS=no", "KnownHostsCommand=none",
        "NoHostAuthenticationForLocalhost=no", "UpdateHostKeys=no", "ControlMaster=no", "ControlPath=none",
        // Nothing of this machine is lent to the remote.
        "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no",
        // Its complaints are read.
        "LogLevel=ERROR",
    ]

    /// For `GIT_SSH_COMMAND`, which a shell takes apart.
    var text: String {
        var words = ["ssh"] + Self.options.flatMap { ["-o", $0] }
        if let knownHosts {
            words += ["-o", "UserKnownHostsFile=\(Self.file(knownHosts))", "-o", "GlobalKnownHostsFile=/dev/null"]
        }
        if let key {
            words += ["-o", "IdentitiesOnly=yes", "-o", "IdentityFile=\(Self.file(key))"]
        }
        return words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
    }

    /// A path as ssh's options have it: in quotes, and with nothing that is replaced.
    private static func file(_ path: String) -> String {
        "\"" + path.replacing("%", with: "%%") + "\""
    }
}
