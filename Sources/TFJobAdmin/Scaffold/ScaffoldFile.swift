import Foundation
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
            ScaffoldFile(path: "hooks/\(name)", content: filled(bytes, "@PROGRAM@", program), isExecutable: true)
        }
    }

    private static func filled(_ bytes: [UInt8], _ place: String, _ value: String) -> Data {
        Data(String(decoding: bytes, as: UTF8.self).replacing(place, with: value).utf8)
    }
}
