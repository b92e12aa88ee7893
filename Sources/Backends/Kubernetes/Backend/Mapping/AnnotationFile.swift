import Jobs

/// A file in the pods that comes from an annotation of theirs, so it needs no object of its own and no more rights.
///
/// Source: <https://kubernetes.io/docs/concepts/storage/volumes/#downwardapi>.
struct AnnotationFile {
    /// The name of the volume.
    let volume: String
    /// The annotation that has the text.
    let annotation: String
    /// The name of the file in the volume.
    let name: String
    let text: String

    /// The volume.
    var source: JSONValue {
        [
            "name": .string(volume),
            "downwardAPI": [
                "defaultMode": 0o444,
                "items": [
                    [
                        "path": .string(name),
                        "fieldRef": [
                            "apiVersion": "v1", "fieldPath": .string("metadata.annotations['\(annotation)']"),
                        ],
                    ]
                ],
            ],
        ]
    }

    /// The Python module `tfjob`, in a folder that is on `sys.path`.
    static let scriptModule = AnnotationFile(
        volume: "tfjob-admin-python",
        annotation: "tfjob-admin/tfjob.py",
        name: ScriptModule.fileName,
        text: String(decoding: ScriptModule.content, as: UTF8.self)
    )

    /// The mount of the module's folder.
    static let scriptModuleMount: JSONValue = [
        "name": .string(scriptModule.volume), "mountPath": .string(PodShape.pythonFolder), "readOnly": true,
    ]

    /// An entry for the pods' user in `/etc/passwd`: ssh refuses to run for a user that it doesn't find there.
    static func passwords(of user: Int) -> AnnotationFile {
        AnnotationFile(
            volume: "tfjob-admin-user",
            annotation: "tfjob-admin/passwd",
            name: "passwd",
            text: "root:x:0:0:root:/root:/bin/sh\ntfjob:x:\(user):\(user):tfjob:/tmp:/bin/sh\n"
        )
    }

    /// The mount of this file alone at `/etc/passwd`.
    static let passwordsMount: JSONValue = [
        "name": "tfjob-admin-user", "mountPath": "/etc/passwd", "subPath": "passwd", "readOnly": true,
    ]
}
