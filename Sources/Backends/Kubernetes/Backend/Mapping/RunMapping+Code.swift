import Jobs

extension RunMapping {
    /// The init container that checks out the job's code before the script starts.
    ///
    /// Users' texts are passed in variables, so that no shell parses them.
    ///
    /// - Parameters:
    ///   - code: where the code comes from.
    ///   - hasPasswordFile: whether the pod brings an `/etc/passwd` with its user.
    func codeContainer(_ code: CodeSource, hasPasswordFile: Bool = false) -> JSONValue {
        var variables: [JSONValue] = [
            ["name": "CODE_URL", "value": .string(PodShape.literal(code.url))],
            ["name": "CODE_COMMIT", "value": .string(runCommit)],
            ["name": "CODE_PATHSPEC", "value": .string(PodShape.literal(pathspec))],
            ["name": "GIT_TERMINAL_PROMPT", "value": "0"],
            ["name": "HOME", "value": "/tmp"],
        ]
        var mounts: [JSONValue] = [
            ["name": .string(PodShape.codeVolume), "mountPath": .string(PodShape.codeFolder)]
        ]
        if code.secret != nil {
            mounts.append([
                "name": .string(PodShape.secretVolume), "mountPath": .string(PodShape.secretFolder), "readOnly": true,
            ])
        }
        if hasPasswordFile {
            mounts.append(AnnotationFile.passwordsMount)
        }
        if code.usesSSH {
            let folder = PodShape.secretFolder
            variables.append([
                "name": "GIT_SSH_COMMAND",
                "value": .string(
                    "ssh -i \(folder)/ssh-privatekey -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=\(folder)/known_hosts"
                ),
            ])
        }
        return [
            "name": "code",
            "image": .string(code.image),
            "command": ["sh", "-c", .string(PodShape.literal(Self.script))],
            "env": .array(variables),
            "workingDir": .string(PodShape.codeFolder),
            "volumeMounts": .array(mounts),
            "resources": [
                "limits": ["cpu": "1", "memory": "512Mi"], "requests": ["cpu": "100m", "memory": "128Mi"],
            ],
        ]
    }

    /// `:(literal)` keeps git from expanding wildcards. Without a folder, all but the job files is checked out.
    private var pathspec: String {
        let parts = (job.workdir ?? "").split(separator: "/").filter { $0 != "." }
        return parts.isEmpty ? "" : ":(top,literal)" + parts.joined(separator: "/")
    }

    /// Fetches the commit, or all branches if the server refuses single commits. Retries, because a pod's network may come late.
    static let script = """
        set -eu
        export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
        if [ -f \(PodShape.secretFolder)/password ]; then
          export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_1=credential.helper
          export GIT_CONFIG_VALUE_1='!f() { echo "username=$(cat \(PodShape.secretFolder)/username 2>/dev/null || echo git)"; echo "password=$(cat \(PodShape.secretFolder)/password)"; }; f'
        fi
        git init --quiet .
        git config remote.origin.url "$CODE_URL"
        try=1
        until git fetch --quiet --no-tags --depth 1 origin "$CODE_COMMIT" ||
            git fetch --quiet --no-tags origin '+refs/heads/*:refs/remotes/origin/*'; do
          [ "$try" -lt 5 ] || { echo "the commit $CODE_COMMIT can't be fetched" >&2; exit 1; }
          sleep "$try"
          try=$((try + 1))
        done
        if [ -n "$CODE_PATHSPEC" ]; then
          git checkout --quiet "$CODE_COMMIT" -- "$CODE_PATHSPEC"
        else
          git checkout --quiet "$CODE_COMMIT" -- . ':(exclude,top)clusters'
        fi
        rm -rf .git
        """
}
