extension Schema {
    /// A volume of a pod. The sources that no job of ours can have are kept as they come.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/>.
    static let volume = Schema.object(
        [
            "name": .string,
            "configMap": Schema.object([
                "defaultMode": .integer, "items": keysToPaths, "name": Schema.string.defaulting(to: ""),
                "optional": .boolean,
            ]).atomic,
            "downwardAPI": .object(["defaultMode": .integer, "items": .anything]),
            "emptyDir": .object(["medium": .string, "sizeLimit": .quantity]),
            "ephemeral": .object(["volumeClaimTemplate": .anything]),
            "hostPath": .object(["path": .string, "type": .string], required: ["path"]),
            "nfs": .object(["path": .string, "readOnly": .boolean, "server": .string], required: ["path", "server"]),
            "persistentVolumeClaim": .object(["claimName": .string, "readOnly": .boolean], required: ["claimName"]),
            "projected": .object(["defaultMode": .integer, "sources": .anything]),
            "secret": .object([
                "defaultMode": .integer, "items": keysToPaths, "optional": .boolean, "secretName": .string,
            ]),
        ].merging(others.map { ($0, .anything) }) { $1 },
        required: ["name"]
    )

    private static let keysToPaths = Schema.list(
        .object(["key": .string, "mode": .integer, "path": .string], required: ["key", "path"])
    )

    private static let others = [
        "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
        "gcePersistentDisk", "gitRepo", "glusterfs", "image", "iscsi", "photonPersistentDisk", "portworxVolume",
        "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
    ]
}
