/** Bounds of the ServiceAccount controller. */
export const defaultAccount = "default" // DefaultServiceAccountsControllerOptions; serviceaccounts_controller.go, v1.36
export const workers = 1 // startServiceAccountController; cmd/kube-controller-manager/app/core.go, v1.36
