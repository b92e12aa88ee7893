import Foundation
import JobFile
import Jobs

/// A file of a new jobs repository. The files themselves stand beside this one, in `Files/`, and are part of the program.
struct ScaffoldFile {
    /// From the repository's root.
    let path: String
    let content: Data
    var isExecutable = false

    /// What a work tree begins with.
    ///
    /// - Parameter python: the version that the example job runs on, `3.11` say.
    static func workTree(python: String) -> [ScaffoldFile] {
        [
            ScaffoldFile(path: "README.md", content: Data(PackageResources.README_md)),
            ScaffoldFile(
                path: "clusters/default/partitions/examples/hello.json",
                content: filled(PackageResources.hello_json, "@PYTHON@", python)
            ),
            ScaffoldFile(path: "code/hello/hello.py", content: Data(PackageResources.hello_py)),
            ScaffoldFile(path: ".github/workflows/jobs.yml", content: Data(PackageResources.github_workflow_yml)),
            ScaffoldFile(path: ".gitlab-ci.yml", content: Data(PackageResources.gitlab_ci_yml)),
            ScaffoldFile(path: ".vscode/settings.json", content: Data(PackageResources.vscode_settings_json)),
            ScaffoldFile(path: ".tfjob-admin/job.schema.json", content: Data(JobSchema.document().utf8)),
        ]
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
                content: filled(bytes, "@PROGRAM@", ShellWord.quoted(program)),
                isExecutable: true
            )
        }
    }

    private static func filled(_ bytes: [UInt8], _ place: String, _ value: String) -> Data {
        Data(String(decoding: bytes, as: UTF8.self).replacing(place, with: value).utf8)
    }
}

/// A text as a word of a shell, which takes it as it is, whatever is in it:
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>.
enum ShellWord {
    /// In quotes.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    /// In quotes where it needs any: for commands that people copy.
    static func shown(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+:@,%".utf8.contains(byte)
            }
        }
        return isPlain && !text.isEmpty ? text : quoted(text)
    }
}
