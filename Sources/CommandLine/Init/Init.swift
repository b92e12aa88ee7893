import ArgumentParser
import Foundation
import JobFile
import Jobs

/// `tfjob-admin init`: creates a jobs repository with an example.
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Makes a jobs repository: an example job, CI that reviews pull requests, editor settings; --bare adds hooks.",
        discussion: "What is there already stays as it is."
    )

    @Argument(help: ArgumentHelp("Where; made if absent.", valueName: "directory"))
    var directory: String

    @Flag(help: "Make it to be pushed to, with hooks that check a push and say what came of it.")
    var bare = false

    func run() async throws {
        let folder = URL(fileURLWithPath: directory, isDirectory: true).standardizedFileURL
        var scaffold = Scaffold(folder: folder, isBare: bare)
        try await reportingFailure { try await scaffold.createRepository() }
        for path in scaffold.report.made {
            print("made  \(path)")
        }
        for path in scaffold.report.kept {
            print("kept  \(path), as it was there")
        }
        print(bare ? bareAdvice(folder) : advice(folder), terminator: "")
    }

    private func path(_ folder: URL) -> String { PlainText.line(ShellWord.shown(folder.path)) }

    private func advice(_ folder: URL) -> String {
        """

        Next: cd \(path(folder))
              tfjob-admin validate
              git add --all && git commit --message "Begin with an example job"
              git push to the repository that the service reads, and that tfjob-admin init --bare makes

        """
    }

    private func bareAdvice(_ folder: URL) -> String {
        """

        Next: tfjob-admin serve --repository \(path(folder))
              git clone \(path(folder)), change a job, and git push

        """
    }
}

/// A file of a new jobs repository. The templates are in `Files/` beside this source file and are embedded in the
/// program.
struct ScaffoldFile {
    /// The path from the root of the repository.
    let path: String
    let content: Data
    var isExecutable = false

    /// The files of a new work tree.
    ///
    /// - Parameter python: the Python version of the example job, for example `3.11`.
    static func workTree(python: String) -> [ScaffoldFile] {
        [
            ScaffoldFile(path: "README.md", content: Data(PackageResources.README_md)),
            ScaffoldFile(
                path: "\(JobPath.root)/default/partitions/examples/hello.json",
                content: filled(PackageResources.hello_json, ["@PYTHON@": python, "@USER@": userName])
            ),
            ScaffoldFile(path: "code/hello/hello.py", content: Data(PackageResources.hello_py)),
            ScaffoldFile(path: ".github/workflows/jobs.yml", content: Data(PackageResources.github_workflow_yml)),
            ScaffoldFile(path: ".gitlab-ci.yml", content: Data(PackageResources.gitlab_ci_yml)),
            ScaffoldFile(path: ".vscode/settings.json", content: Data(PackageResources.vscode_settings_json)),
            ScaffoldFile(path: ".tfjob-admin/job.schema.json", content: Data(JobSchema.document().utf8)),
        ]
    }

    /// The name of the user, for a folder that other users do not share.
    private static var userName: String {
        let name = ProcessInfo.processInfo.userName.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return name.isEmpty ? "example" : name
    }

    /// The hooks of a bare repository.
    ///
    /// - Parameter program: the path of this program.
    static func hooks(program: String) -> [ScaffoldFile] {
        [("pre-receive", PackageResources.pre_receive), ("post-receive", PackageResources.post_receive)].map {
            name,
            bytes in
            ScaffoldFile(
                path: "hooks/\(name)",
                content: filled(
                    bytes,
                    [
                        "@PROGRAM@": ShellWord.quoted(program), "@SERVER@": ServerAddress.standard,
                        "@BRANCH@": ServiceDefaults.branch,
                    ]
                ),
                isExecutable: true
            )
        }
    }

    /// Replaces the placeholders of a template.
    private static func filled(_ bytes: [UInt8], _ values: [String: String]) -> Data {
        let text = values.reduce(String(decoding: bytes, as: UTF8.self)) { $0.replacing($1.key, with: $1.value) }
        return Data(text.utf8)
    }
}
